import { fromPlainError, type PlainError } from '../errors/plain-error.js';
import { StorageError } from '../errors/storage-error.js';
import { Endpoint } from '../remote/endpoint.js';
import { LifeLock } from '../remote/life-lock.js';
import { type FromWorker, TAB_TAG, type ToWorker } from '../store/remote/tab-messages.js';

/** A worker that runs a store, from outside. */
export class StoreWorker {
  /** What it is spoken to over. */
  readonly port: Worker;
  /** Resolves once it runs the store; rejects if it cannot. */
  readonly running: Promise<void>;
  /** Resolves once it was terminated, or has ended by itself while it ran the store. */
  readonly ended: Promise<void>;
  readonly #endpoint: Endpoint<ToWorker, FromWorker>;
  readonly #left: Promise<void>;
  readonly #lock = new LifeLock(true);
  #isRunning = false;
  #end: (() => void) | undefined;

  /** Throws what `make` does. */
  constructor(make: () => Worker) {
    const port = make();
    this.port = port;
    this.#endpoint = new Endpoint(port, TAB_TAG);
    let left: (error?: PlainError) => void;
    this.#left = new Promise((resolve, reject) => {
      left = (error) => {
        if (error === undefined) resolve();
        else reject(fromPlainError(error));
      };
    });
    this.ended = new Promise((resolve) => (this.#end = resolve));
    this.running = new Promise((resolve, reject) => {
      this.#endpoint.listen(
        (message) => {
          if (message.type === 'running') {
            this.#isRunning = true;
            void this.#lock.watch(message.lock, () => this.terminate(), true);
            resolve();
          } else if (message.type === 'left') left(message.error);
          else reject(fromPlainError(message.error));
        },
        () => undefined,
      );
      port.addEventListener('error', (event) => reject(scriptError(event)));
    });
    // Nobody waits for it where this tab leaves before.
    this.running.catch(() => this.terminate());
  }

  /** Tells it which store it runs, and so the other tabs that it does. */
  lead(name: string): void {
    this.#endpoint.send({ type: 'lead', name });
  }

  /** Resolves once it has closed the store. Rejects with what could not be made durable. */
  async leave(): Promise<void> {
    if (!this.#isRunning || this.#end === undefined) return;
    this.#endpoint.send({ type: 'leave' });
    await Promise.race([this.#left, this.ended]);
  }

  /** Idempotent. */
  terminate(): void {
    this.#endpoint.stop();
    this.#lock.release();
    this.port.terminate();
    this.#end?.();
    this.#end = undefined;
  }
}

function scriptError({ message, filename }: ErrorEvent): StorageError {
  return new StorageError(
    'IO',
    `The worker of a shared store has failed before it ran the store: ${message || 'its script could not be loaded'}` +
      `${filename ? ` (${filename})` : ''}. It is to call runStore.`,
  );
}
