import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach } from '@jest/globals';

import { StorageError, type StorageErrorCode } from '../../../lib/index.js';

const fixture = (name: string): string => fileURLToPath(new URL(`./fixtures/${name}.js`, import.meta.url));

interface Answer {
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly path?: string; readonly message: string };
}

/** A thread or process that owns or reads a file; every one of them is ended after each test. */
export interface Elsewhere {
  /** Runs a command of its fixture; rejects with what it threw. */
  call<T = unknown>(command: string, ...args: unknown[]): Promise<T>;
  /** Ends it without any code of its own running: `terminate`, or `kill -9`. */
  kill(): Promise<void>;
  /** Once it has ended. */
  readonly ended: Promise<unknown>;
}

const owners = new Set<Elsewhere>();

afterEach(async () => {
  await Promise.all([...owners].map((owner) => owner.kill()));
  owners.clear();
});

export function threadOwner(): Elsewhere {
  return thread('owner');
}

/** A thread that reads blocks of what this one owns. */
export function holeReader(): Elsewhere {
  return thread('hole-reader');
}

/** A thread that reads what this one owns. */
export function threadReader(): Elsewhere {
  return thread('file-reader');
}

function thread(name: string): Elsewhere {
  const worker = new Worker(fixture(name));
  return keep({
    call: (command, ...args) =>
      answered(
        (listener) => worker.once('message', listener),
        () => {
          worker.postMessage({ command, args });
        },
      ),
    kill: async () => {
      await worker.terminate();
    },
    ended: new Promise((resolve) => worker.once('exit', resolve)),
  });
}

export function processOwner(): Elsewhere {
  const child: ChildProcess = fork(fixture('owner'), { serialization: 'advanced' });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  return keep({
    call: (command, ...args) =>
      answered(
        (listener) => child.once('message', listener as (message: unknown) => void),
        () => child.send({ command, args }),
      ),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    ended,
  });
}

async function answered<T>(once: (listener: (answer: Answer) => void) => unknown, send: () => unknown): Promise<T> {
  const { value, error } = await new Promise<Answer>((resolve) => {
    once(resolve);
    send();
  });
  if (error === undefined) return value as T;
  throw new StorageError(error.code as StorageErrorCode, error.message, { path: error.path });
}

function keep(owner: Elsewhere): Elsewhere {
  owners.add(owner);
  return owner;
}
