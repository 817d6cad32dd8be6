import { Observable } from 'rxjs';

import { fromPlainError } from '../errors/plain-error.js';
import type { StorageError } from '../errors/storage-error.js';
import type { AskedPiece, ColdSource } from '../view/cold-source.js';
import { endPieces, interruptPieces, type PendingPiece, pieceEndedError } from '../view/pending-pieces.js';
import { LONGEST_ANSWER, type ViewToClient, type ViewToServer } from './messages.js';

/** So many answers are under way at once, of 256 KiB at the most: 1 MiB. */
const CREDIT = 4;

/**
 * What a remote view fetches: each piece is one message to and fro. The other side answers each
 * fetch once, also one that is withdrawn, so what is under way is known.
 */
export class RemoteFetches implements ColdSource {
  readonly pieceBytes = LONGEST_ANSWER;
  readonly #send: (message: ViewToServer) => void;
  readonly #ended: () => 'closed' | 'cancelled' | undefined;
  readonly #pending = new Set<PendingPiece>();
  /** Those of them that may be sent once others are answered. */
  readonly #queue = new Set<PendingPiece>();
  /** Those that are to be answered, by their numbers. */
  readonly #sent = new Map<number, PendingPiece>();
  #count = 0;
  /** How the other side counts generations now. */
  #theirs = 0;
  /** What is added to that: another other side may count from anew. */
  #base = 0;
  #isLost = false;
  /** What has ended all. */
  #error: StorageError | undefined;

  /** @param ended - set once nobody gives anything any more */
  constructor(send: (message: ViewToServer) => void, ended: () => 'closed' | 'cancelled' | undefined) {
    this.#send = send;
    this.#ended = ended;
  }

  get generation(): number {
    return this.#base + this.#theirs;
  }

  /**
   * The other side is at this generation.
   *
   * @param isSame - of one that was found anew: whether its content is what there was
   */
  found(generation: number, isSame?: boolean): void {
    if (isSame !== undefined) this.#base += this.#theirs - generation + (isSame ? 0 : 1);
    this.#theirs = generation;
    if (!this.#isLost) return;
    this.#isLost = false;
    this.#sendNext();
  }

  /** Nobody answers any more, until others do: what was sent is asked for again. */
  lost(): void {
    this.#isLost = true;
    const waiting = [...this.#queue];
    this.#queue.clear();
    for (const fetch of [...this.#sent.values(), ...waiting]) if (this.#pending.has(fetch)) this.#queue.add(fetch);
    this.#sent.clear();
  }

  fetch(asked: AskedPiece): Observable<number> {
    return new Observable((subscriber) => {
      const ended = this.#ended();
      if (ended !== undefined) throw this.#error ?? pieceEndedError(asked, ended);
      const fetch = { ...asked, subscriber };
      this.#pending.add(fetch);
      this.#queue.add(fetch);
      this.#sendNext();
      return () => this.#withdraw(fetch);
    });
  }

  given({ fetch, generation, bytes, error }: ViewToClient & { type: 'given' }): void {
    const asked = this.#sent.get(fetch);
    this.#sent.delete(fetch);
    if (asked !== undefined && this.#pending.delete(asked))
      take(asked, { generation: this.#base + generation, bytes, error });
    this.#sendNext();
  }

  interrupt(): void {
    interruptPieces(this.#pending);
  }

  /** Ends what is pending, since nobody gives it any more. */
  end(state: 'closed' | 'cancelled', error?: StorageError): void {
    this.#error = error;
    if (error === undefined) endPieces(this.#pending, state);
    else for (const { subscriber } of [...this.#pending]) subscriber.error(error);
  }

  #sendNext(): void {
    for (const fetch of this.#queue) {
      if (this.#isLost || this.#sent.size >= CREDIT) return;
      this.#queue.delete(fetch);
      this.#count += 1;
      this.#sent.set(this.#count, fetch);
      const { start, target, generation } = fetch;
      const { length } = target;
      this.#send({ type: 'fetch', fetch: this.#count, start, length, generation: generation - this.#base });
    }
  }

  #withdraw(fetch: PendingPiece): void {
    if (!this.#pending.delete(fetch) || this.#queue.delete(fetch)) return;
    for (const [unfetch, sent] of this.#sent) if (sent === fetch) this.#send({ type: 'unfetch', fetch: unfetch });
  }
}

/** Copies what was given for a fetch, and ends it. */
function take(
  { start, target, generation, subscriber }: PendingPiece,
  given: Pick<ViewToClient & { type: 'given' }, 'generation' | 'bytes' | 'error'>,
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
