import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach } from '@jest/globals';

import { StorageError, type StorageErrorCode } from '../../../lib/index.js';

const OWNER = fileURLToPath(new URL('./fixtures/owner.js', import.meta.url));

interface Answer {
  readonly value?: unknown;
  readonly error?: { readonly code?: string; readonly path?: string; readonly message: string };
}

/** An owner of a file elsewhere; every one of them is ended after each test. */
export interface Owner {
  /** Runs a command of `fixtures/owner.js`; rejects with what it threw. */
  call<T = unknown>(command: string, ...args: unknown[]): Promise<T>;
  /** Ends it without any code of its own running: `terminate`, or `kill -9`. */
  kill(): Promise<void>;
  /** Once it has ended. */
  readonly ended: Promise<unknown>;
}

const owners = new Set<Owner>();

afterEach(async () => {
  await Promise.all([...owners].map((owner) => owner.kill()));
  owners.clear();
});

export function threadOwner(): Owner {
  const worker = new Worker(OWNER);
  return keep({
    call: (command, ...args) =>
      answered(
        (listener) => worker.once('message', listener),
        () => {
          worker.postMessage({ command, args });
        },
      ),
    kill: async () => void (await worker.terminate()),
    ended: new Promise((resolve) => worker.once('exit', resolve)),
  });
}

export function processOwner(): Owner {
  const child: ChildProcess = fork(OWNER, { serialization: 'advanced' });
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

function keep(owner: Owner): Owner {
  owners.add(owner);
  return owner;
}
