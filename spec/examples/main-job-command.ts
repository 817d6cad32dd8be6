import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import lena from 'audio-lena';

/**
 * The main job as a command, run the way a user would in a script; what still runs after a test is
 * killed.
 */

const MAIN = fileURLToPath(new URL('../../examples/main-job/main.js', import.meta.url));

export const SONG = fileURLToPath(lena.url('flac'));
export const song = readFileSync(SONG);
export const SONG_MD5 = '714b08609d8f3b71423fa981a8ceaf6a';
export const FAST = ['--rate', '4000000'];
export const BLOCKED = /waits for byte [1-9]/; // so some bytes are there
// A hang is a failure; how long anything takes is none of these tests' business.
export const TIMEOUT = 60_000;

export interface Finished {
  readonly code: number | null;
  readonly signal: string | null;
  readonly out: string;
  readonly err: string;
}

export interface Running {
  readonly child: ChildProcess;
  /** Resolves as soon as this has been printed. */
  readonly printed: (text: string | RegExp) => Promise<void>;
  readonly end: Promise<Finished>;
}

const running = new Set<ChildProcess>();
let folder: string;
let stores = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-main-job-'));
});

afterEach(async () => {
  await Promise.all([...running].map((child) => (child.kill('SIGKILL'), once(child, 'close'))));
});

afterAll(() => {
  rmSync(folder, { recursive: true });
});

/**
 * Starts the command with its output piped. Unless `args` say where it stores, it stores where no
 * other run does.
 */
export function start(...args: string[]): Running {
  const saysWhere = args.includes('--to') || args.includes('--memory');
  return startIn(process.env, ...args, ...(saysWhere ? [] : ['--to', newStore()]));
}

export function run(...args: string[]): Promise<Finished> {
  return start(...args).end;
}

/** Starts the command with exactly these arguments, in an environment. */
export function startIn(env: NodeJS.ProcessEnv, ...args: string[]): Running {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'], env });
  running.add(child);
  let out = '';
  let err = '';
  let look = (): void => undefined;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    look();
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const end = once(child, 'close').then(([code, signal]: (number | string | null)[]) => {
    running.delete(child);
    return { code, signal, out, err } as Finished;
  });
  const printed = (text: string | RegExp): Promise<void> =>
    new Promise((resolve) => {
      look = () => {
        if (typeof text === 'string' ? out.includes(text) : text.test(out)) resolve();
      };
      look();
    });
  return { child, printed, end };
}

/** A path in a folder of its own, which does not exist yet. */
export function newStore(): string {
  stores += 1;
  return join(folder, `store-${stores}`, 'song.flac');
}

/** An empty folder. */
export function newFolder(): string {
  stores += 1;
  const path = join(folder, `folder-${stores}`);
  mkdirSync(path);
  return path;
}

export function put(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

/** What the report says of something. */
export function reported(out: string, what: string): string | undefined {
  return out
    .split('\n')
    .find((line) => line.startsWith(`${what}  `))
    ?.slice(what.length)
    .trim();
}
