import { execFile } from 'node:child_process';
import { readFileSync, realpathSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Bundle } from './bundlers.js';
import { makeApp } from './entries.js';

/** Real bundlers, each in a process of its own: they and jest's environment do not get on. */
async function run(script: string, ...args: string[]): Promise<unknown> {
  const file = fileURLToPath(new URL(`./${script}.js`, import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [file, ...args], { maxBuffer: 2 ** 24 });
  return JSON.parse(stdout);
}

const root = realpathSync(new URL('../..', import.meta.url)).replaceAll('\\', '/');
/**
 * What may be in a bundle of this package: all but what is about Node, and the two packages that it
 * brings along.
 */
const OURS = /^\/dist\/(?!node\b|drivers\/mmap\/)|^\/node_modules\/(node-interval-tree|shallowequal)\//;
/** The entry itself, and what makes a module of CommonJS one of ECMAScript. */
const GIVEN = /\/tidemark-bundles-\w+\/\w+\.js$|^\0rolldown\/runtime\.js$/;

/** The modules and imports that a bundle should not have. */
function foreign({ modules, imports }: Bundle): string[] {
  const paths = modules.map((path) => path.replaceAll('\\', '/').replace(root, ''));
  return [...paths.filter((path) => !OURS.test(path) && !GIVEN.test(path)), ...imports.filter((it) => it !== 'rxjs')];
}

describe.each(['esbuild', 'vite', 'webpack'])('a bundle by %s', (bundler) => {
  const folder = makeApp();
  let bundles: Record<string, Bundle | { error: string }> = {};

  beforeAll(async () => {
    bundles = (await run('bundle-all', bundler, folder)) as typeof bundles;
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true }));

  function bundle(name: string): Bundle {
    const result = bundles[name] ?? { error: `There is no bundle ${name}.` };
    if ('error' in result) throw new Error(result.error);
    return result;
  }
  const drivers = (name: string): string[] =>
    bundle(name).modules.flatMap((path) => /[\w-]+-driver(?=\.js$)/.exec(path) ?? []);
  const code = (name: string): string => readFileSync(bundle(name).file, 'utf8');

  it.each(['resource', 'memory', 'window', 'sync', 'http', 'store', 'remote', 'browser', 'serviceWorker'])(
    'has nothing of Node in it, nor in its place: %s',
    (name) => {
      expect(foreign(bundle(name))).toEqual([]);
      expect(code(name)).not.toMatch(/["'`]node:|\brequire\b|\bimport\(|browser-external|koffi|mmap/);
    },
  );

  it('has the drivers that are used, and no others', () => {
    const names = ['resource', 'memory', 'window', 'sync', 'http', 'remote', 'browser'];
    expect(names.map(drivers)).toEqual([[], ['mem-driver'], ['window-driver'], [], [], [], ['opfs-driver']]);
    // Of a message of each driver, wherever the code of a module ends up.
    for (const [driver, message] of [
      ['memory', 'memory driver'],
      ['window', 'makes enough room'],
      ['browser', 'origin private file system'],
    ] as const) {
      expect(names.filter((name) => code(name).includes(message))).toEqual([driver]);
    }
  });

  it('runs a resource alone, and one in memory that is downloaded, read by a blocked worker, and served', async () => {
    const files = Object.fromEntries(['resource', 'memory', 'sync', 'http'].map((name) => [name, bundle(name).file]));
    expect(await run('run-bundles', JSON.stringify(files))).toEqual({
      plain: [6, 'song t'],
      blocked: true,
      heard: 'song t',
      served: [206, 'that is served'],
    });
  });

  it('would be found out if it had something of Node, as that of tidemark/node is', () => {
    const { node } = bundles;
    const found = node === undefined || 'error' in node ? [node?.error] : foreign(node);
    expect(found.join()).toMatch(/node:|browser-external/);
  });
});
