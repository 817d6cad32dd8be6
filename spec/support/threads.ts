import { Worker } from 'node:worker_threads';
import { afterEach } from '@jest/globals';
import { filter, firstValueFrom, map, type Observable, ReplaySubject } from 'rxjs';

/**
 * Real worker threads that answer calls; every one of them is terminated after each test, asleep or
 * not.
 */

interface Reply {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { readonly name: string; readonly code?: string; readonly message: string };
}

/** What a thread tells without being asked. */
export interface ThreadEvent {
  readonly event: string;
  readonly key: string;
  readonly value?: unknown;
}

interface Call {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

const started = new Set<TestThread>();

export class TestThread {
  /** Everything the thread has told; replays. */
  readonly events$ = new ReplaySubject<ThreadEvent>(Infinity);
  /** The exit code, once the thread has ended by itself or was terminated. */
  readonly exited: Promise<number>;
  readonly #worker: Worker;
  readonly #calls = new Map<number, Call>();
  #ids = 0;

  /** @param fixture - name of a file in `fixtures` */
  constructor(fixture: string, workerData?: unknown) {
    this.#worker = new Worker(new URL(`./threads/${fixture}.js`, import.meta.url), {
      workerData,
      // Jest's copy, which says what is tested: a worker would inherit the original.
      env: process.env,
    });
    started.add(this);
    this.#worker.on('message', (message: Reply | ThreadEvent) => {
      if ('event' in message) this.events$.next(message);
      else this.#settle(message);
    });
    this.#worker.on('error', (error: Error) => {
      this.#abandon(error);
    });
    this.exited = new Promise((resolve) => {
      this.#worker.on('exit', (code) => {
        started.delete(this);
        this.#abandon(new Error(`The thread of ${fixture} has ended with ${code}.`));
        resolve(code);
      });
    });
  }

  /**
   * Runs a command of the fixture; rejects with the `name`, `code` and `message` of what it threw.
   */
  call<T = unknown>(command: string, ...args: unknown[]): Promise<T> {
    this.#ids += 1;
    const id = this.#ids;
    return new Promise((resolve, reject) => {
      this.#calls.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#worker.postMessage({ id, command, args });
    });
  }

  /** The values of all events of one kind and key, past and to come. */
  told<T = unknown>(event: string, key: string): Observable<T> {
    return this.events$.pipe(
      filter((told) => told.event === event && told.key === key),
      map((told) => told.value as T),
    );
  }

  /**
   * How the wait or read named `key` has ended: its outcome, its bytes, or the code of its error.
   */
  ended<T = string>(key: string): Promise<T> {
    return firstValueFrom(this.told<T>('ended', key));
  }

  terminate(): Promise<number> {
    return this.#worker.terminate();
  }

  #settle({ id, value, error }: Reply): void {
    const call = this.#calls.get(id);
    this.#calls.delete(id);
    if (error === undefined) call?.resolve(value);
    else call?.reject(Object.assign(new Error(error.message), error));
  }

  #abandon(error: Error): void {
    for (const { reject } of this.#calls.values()) reject(error);
    this.#calls.clear();
  }
}

afterEach(async () => {
  await Promise.all([...started].map((thread) => thread.terminate()));
});

/** A thread with readers in it. */
export function readerThread(): TestThread {
  return new TestThread('reader-thread');
}

/** The same on a platform that lacks `Atomics.waitAsync`. */
export function poorThread(): TestThread {
  return new TestThread('reader-without-wait-async');
}

/** A thread that owns resources. */
export function ownerThread(): TestThread {
  return new TestThread('owner-thread');
}

/** Lets a thread that is about to fall asleep do so; what is tested must hold without it too. */
export function soon(milliseconds = 20): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** A number that other threads see. */
export class Flag {
  readonly words = new Int32Array(new SharedArrayBuffer(8));

  get value(): number {
    return Atomics.load(this.words, 0);
  }

  set(value = 1): void {
    Atomics.store(this.words, 0, value);
    Atomics.notify(this.words, 0);
  }
}
