import { PageThread } from '../page-threads.js';

/** What our tests use of Node's worker threads, over Web Workers. */

/**
 * A worker holds the lock of its name until it has ended: `terminate` does not say when that is.
 */
const nameOf = new URL(location.href).searchParams.get('thread');
/** Whether this is a worker whose threads the page has to start. */
const isByPage = !('document' in globalThis) && new URL(location.href).searchParams.get('threads') === 'page';

/** What a worker tells by itself: whatever listens in it begins to when it is loaded. */
const LISTENS = 'It listens.';

type Listener = (value: never) => void;

export class Worker {
  readonly #worker: globalThis.Worker | PageThread;
  readonly #name = crypto.randomUUID();
  readonly #listeners = new Map<string, Listener[]>();
  readonly #started: Promise<void>;
  #ended: Promise<number> | undefined;

  constructor(source: URL) {
    const address = new URL(source);
    address.searchParams.set('thread', this.#name);
    this.#worker = isByPage ? new PageThread(address) : new globalThis.Worker(address, { type: 'module' });
    this.#started = new Promise((resolve) => {
      this.#worker.addEventListener('message', (event) => {
        const { data } = event as MessageEvent<unknown>;
        if (data === LISTENS) resolve();
        else this.#emit('message', data);
      });
    });
    this.#worker.addEventListener('error', (event) => {
      event.preventDefault();
      const { message } = event as ErrorEvent;
      this.#emit('error', new Error(message || `${address.pathname} cannot be loaded`));
      void this.terminate();
    });
  }

  on(event: 'message' | 'error' | 'exit', listener: Listener): this {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
    return this;
  }

  /** What is sent before the worker listens is kept. */
  postMessage(message: unknown): void {
    void this.#started.then(() => this.#worker.postMessage(message));
  }

  /** Resolves when the thread has ended. */
  terminate(): Promise<number> {
    this.#ended ??= this.#end();
    return this.#ended;
  }

  async #end(): Promise<number> {
    this.#worker.terminate();
    await navigator.locks.request(this.#name, () => undefined);
    this.#emit('exit', 1);
    return 1;
  }

  #emit(event: string, value: unknown): void {
    for (const listener of this.#listeners.get(event) ?? []) listener(value as never);
  }
}

/** The end of a worker's channel to who has started it. */
class ParentPort {
  on(event: 'message', listener: (value: unknown) => void): this {
    addEventListener(event, ({ data }) => listener(data));
    return this;
  }

  postMessage(message: unknown): void {
    (globalThis as { postMessage(message: unknown): void }).postMessage(message);
  }
}

export const parentPort = nameOf === null ? null : new ParentPort();

if (nameOf !== null) {
  await new Promise<void>((locked) => {
    void navigator.locks.request(nameOf, () => {
      locked();
      return new Promise(() => undefined);
    });
  });
  // Node ends a thread by an unhandled rejection; it is an error to who has started it, as any
  // other.
  addEventListener('unhandledrejection', ({ reason }) => {
    queueMicrotask(() => {
      throw reason;
    });
  });
  setTimeout(() => parentPort?.postMessage(LISTENS), 0);
}
