import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type BuildOptions } from 'esbuild';
import type { Page } from 'playwright-core';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Returns a script that imports nothing any more. */
export function script(contents: string): Promise<Uint8Array> {
  return bundled({ stdin: { contents, loader: 'ts', resolveDir: ROOT }, format: 'iife' });
}

/** Returns the module of a file, from the root of the project, which imports nothing any more. */
export function module(file: string): Promise<Uint8Array> {
  return bundled({ entryPoints: [join(ROOT, file)], format: 'esm' });
}

async function bundled(options: BuildOptions): Promise<Uint8Array> {
  const { outputFiles } = await build({
    ...options,
    bundle: true,
    target: 'es2022',
    write: false,
    logLevel: 'silent',
  });
  const [file] = outputFiles;
  if (file === undefined) throw new Error('Nothing came of the script.');
  return file.contents;
}

/** Calls functions of pages by name, which they have in a global `page`. */
export function callerOf<P extends object>() {
  return <K extends keyof P>(page: Page, name: K, ...args: unknown[]): Promise<Awaited<CallOf<P[K]>>> =>
    page.evaluate(
      ([key, given]) => {
        const { page: there } = globalThis as unknown as { page: Record<string, unknown> };
        const member = there[key as string];
        return typeof member === 'function' ? (member as (...all: unknown[]) => unknown).apply(there, given) : member;
      },
      [name, args] as const,
    ) as Promise<Awaited<CallOf<P[K]>>>;
}

/** What a function returns; of anything else itself. */
type CallOf<F> = F extends (...args: never[]) => infer R ? R : F;
