import { Observable } from 'rxjs';

import type { BoxReader } from '../cold/box-reader.js';
import { PIECE_BYTES } from '../cold/piece-box.js';
import type { AskedPiece, ColdSource } from '../view/cold-source.js';
import { endPieces, interruptPieces, type PendingPiece } from '../view/pending-pieces.js';

/** What a reader calls and asks of its owner's state. */
export interface FetchesOfReader {
  readonly state: { readonly generation: number };
  readonly coldEnded: 'closed' | 'cancelled' | undefined;
}

/**
 * What an asynchronous reader fetches of cold bytes: one piece after the other, in the order in
 * which they were asked for, since it has one box (`cold/piece-box.ts`).
 */
export class Fetches implements ColdSource {
  readonly pieceBytes = PIECE_BYTES;
  readonly #reader: FetchesOfReader;
  readonly #box: BoxReader;
  readonly #hooks: { readonly arriving: () => void; readonly changed: () => void };
  readonly #pending = new Set<PendingPiece>();
  /** What the box was asked for. */
  #asked: PendingPiece | undefined;

  /**
   * @param hooks - `arriving` is called before a read fetches its first piece, `changed` when there
   * is something to fetch
   */
  constructor(
    reader: FetchesOfReader,
    box: BoxReader,
    hooks: { readonly arriving: () => void; readonly changed: () => void },
  ) {
    this.#reader = reader;
    this.#box = box;
    this.#hooks = hooks;
  }

  get generation(): number {
    return this.#reader.state.generation;
  }

  /** How many pieces are to come. */
  get size(): number {
    return this.#pending.size;
  }

  fetch(asked: AskedPiece): Observable<number> {
    return new Observable((subscriber) => {
      if (!asked.continues) this.#hooks.arriving();
      const fetch = { ...asked, subscriber };
      this.#pending.add(fetch);
      this.#hooks.changed();
      return () => {
        this.#pending.delete(fetch);
        this.#hooks.changed();
      };
    });
  }

  /** Steps 1 and 3 for what is pending, as far as it has come. */
  step(): void {
    const ended = this.#pending.size > 0 ? this.#reader.coldEnded : undefined;
    if (ended !== undefined) this.end(ended);
    for (const fetch of this.#pending) {
      if (this.#asked !== fetch) this.#box.ask(fetch.start, fetch.target.length);
      this.#asked = fetch;
      try {
        const fetched = this.#box.take(fetch.target, fetch.generation);
        if (fetched === undefined) break;
        this.#pending.delete(fetch);
        fetch.subscriber.next(fetched);
        fetch.subscriber.complete();
      } catch (error) {
        fetch.subscriber.error(error);
      }
    }
  }

  interrupt(): void {
    interruptPieces(this.#pending);
  }

  /** Ends what is pending, since nobody gives it any more. */
  end(state: 'closed' | 'cancelled'): void {
    endPieces(this.#pending, state);
  }
}
