import { fromPlainError } from '../../errors/plain-error.js';
import { StorageError } from '../../errors/storage-error.js';
import type { Question, StoreToClient, StoreToServer } from './messages.js';

/** How long one who is asked may take, in milliseconds: a tab may be frozen. */
const PATIENCE = 10_000;

/** What the serving side asks of the other one. */
export class Asks {
  readonly #send: (message: StoreToClient & { type: 'ask' }) => void;
  readonly #pending = new Map<number, { resolve: (value: unknown) => void; reject: (error: Error) => void }>();
  #count = 0;
  #isEnded = false;

  constructor(send: (message: StoreToClient & { type: 'ask' }) => void) {
    this.#send = send;
  }

  /** The other side has gone: nobody answers any more. */
  get isEnded(): boolean {
    return this.#isEnded;
  }

  /** Rejects with what the other side throws, with `TIMEOUT`, or `CLOSED` once it has gone. */
  ask(what: Question, key: string): Promise<unknown> {
    if (this.#isEnded) return Promise.reject(goneError(key));
    this.#count += 1;
    const ask = this.#count;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#take(ask)?.reject(silentError(key));
      }, PATIENCE);
      const settle = (end: () => void): void => {
        clearTimeout(timer);
        end();
      };
      this.#pending.set(ask, {
        resolve: (value) => settle(() => resolve(value)),
        reject: (error) => settle(() => reject(error)),
      });
      this.#send({ type: 'ask', ask, what, key });
    });
  }

  answered({ ask, value, error }: StoreToServer & { type: 'answer' }): void {
    const pending = this.#take(ask);
    if (error === undefined) pending?.resolve(value);
    else pending?.reject(fromPlainError(error));
  }

  end(): void {
    this.#isEnded = true;
    for (const { reject } of this.#pending.values()) reject(goneError());
    this.#pending.clear();
  }

  #take(ask: number): { resolve: (value: unknown) => void; reject: (error: Error) => void } | undefined {
    const pending = this.#pending.get(ask);
    this.#pending.delete(ask);
    return pending;
  }
}

const shown = (key: string): string => JSON.stringify(key).slice(0, 80);

function goneError(key?: string): StorageError {
  const what = key === undefined ? 'a key' : shown(key);
  return new StorageError('CLOSED', `Asked where ${what} is, and who knows has gone. Another one may be asked.`);
}

function silentError(key: string): StorageError {
  return new StorageError(
    'TIMEOUT',
    `Asked where ${shown(key)} is, and who knows has not answered for ${PATIENCE / 1000} seconds. It may be frozen.`,
  );
}
