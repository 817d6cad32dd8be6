import { Observable } from 'rxjs';

import { fromPlainError } from '../errors/plain-error.js';
import type { AskedPiece, ColdSource } from '../view/cold-source.js';
import { endPieces, interruptPieces, type PendingPiece, pieceEndedError } from '../view/pending-pieces.js';
import { type FetchedRange, LONGEST_ANSWER, type ToClient } from './messages.js';

/** So many answers are under way at once, of 256 KiB at the most: 1 MiB. */
const CREDIT = 4;

/**
 * What a remote view fetches: each piece is one message to and fro. The other side answers each
 * fetch once, also one that is withdrawn, so what is under way is known.
 */
export class RemoteFetches implements ColdSource {
  generation = 0;
  readonly pieceBytes = LONGEST_ANSWER;
  readonly #send: (fetch: FetchedRange | { readonly unfetch: number }) => void;
  readonly #ended: () => 'closed' | 'cancelled' | undefined;
  readonly #pending = new Set<PendingPiece>();
  /** Those of them that may be sent once others are answered. */
  readonly #queue = new Set<PendingPiece>();
  /** Those that are to be answered, by their numbers. */
  readonly #sent = new Map<number, PendingPiece>();
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
      if (ended !== undefined) throw pieceEndedError(asked, ended);
      const fetch = { ...asked, subscriber };
      this.#pending.add(fetch);
      this.#queue.add(fetch);
      this.#sendNext();
      return () => this.#withdraw(fetch);
    });
  }

  given({ fetch, generation, bytes, error }: ToClient & { type: 'given' }): void {
    const asked = this.#sent.get(fetch);
    this.#sent.delete(fetch);
    if (asked !== undefined && this.#pending.delete(asked)) take(asked, { generation, bytes, error });
    this.#sendNext();
  }

  interrupt(): void {
    interruptPieces(this.#pending);
  }

  /** Ends what is pending, since nobody gives it any more. */
  end(state: 'closed' | 'cancelled'): void {
    endPieces(this.#pending, state);
  }

  #sendNext(): void {
    for (const fetch of this.#queue) {
      if (this.#sent.size >= CREDIT) return;
      this.#queue.delete(fetch);
      this.#count += 1;
      this.#sent.set(this.#count, fetch);
      const { start, target, generation } = fetch;
      this.#send({ fetch: this.#count, start, length: target.length, generation });
    }
  }

  #withdraw(fetch: PendingPiece): void {
    if (!this.#pending.delete(fetch) || this.#queue.delete(fetch)) return;
    for (const [unfetch, sent] of this.#sent) if (sent === fetch) this.#send({ unfetch });
  }
}

/** Copies what was given for a fetch, and ends it. */
function take(
  { start, target, generation, subscriber }: PendingPiece,
  given: Pick<ToClient & { type: 'given' }, 'generation' | 'bytes' | 'error'>,
): void {
  if (given.error !== undefined) {
    const { range = { start, end: start + target.length } } = given.error;
    subscriber.error(fromPlainError({ ...given.error, range }));
    return;
  }
  const length = generation === given.generation ? Math.min(given.bytes.length, target.length) : 0;
  target.set(given.bytes.subarray(0, length));
  subscriber.next(length);
  subscriber.complete();
}
