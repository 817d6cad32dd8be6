import { fromPlainError } from '../../errors/plain-error.js';
import { abortedError, onAbort } from '../../waits/abort.js';
import type { StoreCall, StoreToClient, StoreToServer } from './messages.js';

interface PendingCall {
  readonly call: StoreCall;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** The calls of a remote store: those that are not answered go on with another other side. */
export class RemoteCalls {
  readonly #send: (message: StoreToServer) => void;
  readonly #pending = new Map<number, PendingCall>();
  #count = 0;

  /** @param send - drops what nobody is there to hear */
  constructor(send: (message: StoreToServer) => void) {
    this.#send = send;
  }

  /** Resolves once the other side has done it. Rejects with what that throws, or `CANCELLED`. */
  call(call: StoreCall, asked: string, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#count += 1;
      const number = this.#count;
      const stopListening = onAbort(signal, () => {
        this.#pending.delete(number);
        this.#send({ type: 'cancel', call: number });
        reject(abortedError(asked, signal));
      });
      this.#pending.set(number, {
        call,
        resolve: () => {
          stopListening();
          resolve();
        },
        reject: (error) => {
          stopListening();
          reject(error);
        },
      });
      this.#send({ type: 'call', call: number, ...call });
    });
  }

  done({ call, error }: StoreToClient & { type: 'done' }): void {
    const pending = this.#pending.get(call);
    this.#pending.delete(call);
    if (error === undefined) pending?.resolve();
    else pending?.reject(fromPlainError(error));
  }

  /** Calls everything that is not done once more: the other side has heard of none of it. */
  again(): void {
    for (const [number, { call }] of this.#pending) this.#send({ type: 'call', call: number, ...call });
  }

  /** Nobody answers any more. */
  end(error: Error): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject } of pending) reject(error);
  }
}
