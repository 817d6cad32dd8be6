import { Observable, type Subscriber } from 'rxjs';

import { endedError, interruptedError } from '../bytes/ended-error.js';
import { fromPlainError } from '../errors/plain-error.js';
import type { AskedPiece, ColdSource } from '../view/cold-source.js';
import type { FetchedRange, ToClient } from './messages.js';

interface Fetch extends AskedPiece {
  readonly subscriber: Subscriber<number>;
}

/** What a remote view fetches: each piece is one message to and fro. */
export class RemoteFetches implements ColdSource {
  generation = 0;
  readonly #send: (fetch: FetchedRange | { readonly unfetch: number }) => void;
  readonly #ended: () => 'closed' | 'cancelled' | undefined;
  readonly #pending = new Map<number, Fetch>();
  #count = 0;

  /** @param ended - set once nobody gives anything any more */
  constructor(
    send: (fetch: FetchedRange | { readonly unfetch: number }) => void,
    ended: () => 'closed' | 'cancelled' | undefined,
  ) {
    this.#send = send;
    this.#ended = ended;
  }

  fetch(asked: AskedPiece): Observable<number> {
    return new Observable((subscriber) => {
      const ended = this.#ended();
      if (ended !== undefined) throw this.#error(asked, ended);
      this.#count += 1;
      const fetch = this.#count;
      this.#pending.set(fetch, { ...asked, subscriber });
      const { start, target, generation } = asked;
      this.#send({ fetch, start, length: target.length, generation });
      return () => {
        if (this.#pending.delete(fetch)) this.#send({ unfetch: fetch });
      };
    });
  }

  given({ fetch, generation, bytes, error }: ToClient & { type: 'given' }): void {
    const asked = this.#pending.get(fetch);
    if (asked === undefined) return;
    this.#pending.delete(fetch);
    if (error !== undefined) {
      const range = { start: asked.start, end: asked.start + asked.target.length };
      asked.subscriber.error(fromPlainError({ range, ...error }));
      return;
    }
    const length = asked.generation === generation ? Math.min(bytes.length, asked.target.length) : 0;
    asked.target.set(bytes.subarray(0, length));
    asked.subscriber.next(length);
    asked.subscriber.complete();
  }

  interrupt(): void {
    for (const { start, target, uninterruptible, subscriber } of [...this.#pending.values()])
      if (!uninterruptible) subscriber.error(interruptedError(start, start + target.length));
  }

  /** Ends what is pending, since nobody gives it any more. */
  end(state: 'closed' | 'cancelled'): void {
    for (const fetch of [...this.#pending.values()]) fetch.subscriber.error(this.#error(fetch, state));
  }

  #error({ start, target }: AskedPiece, state: 'closed' | 'cancelled'): Error {
    const range = { start, end: start + target.length };
    return endedError({ state }, `Waited for [${range.start}, ${range.end})`, { range });
  }
}
