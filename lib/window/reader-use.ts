import type { PieceWise } from '../bytes/bytes-view.js';
import { joinPieces } from '../bytes/join-pieces.js';
import { checkFits } from '../bytes/window-errors.js';
import { MOST_KEPT, PLACES_BASE, type Want } from '../control/cell-layout.js';
import { keptNow, storeKept } from '../control/kept-waits.js';
import { PlaceNotes } from '../control/place-notes.js';
import { isStorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { type AskedWait, isBare } from '../waits/asked-wait.js';
import type { Urgency } from '../waits/urgency.js';
import type { WaitOutcome, WaitState } from '../waits/wait-outcome.js';
import { goneError, lostBytesIn, type Ranges } from './lost-bytes.js';

/**
 * What a reader in another thread than the owner's leaves in its cell for a driver that keeps only
 * a part of the content: where it reads, and which bytes the caller of a `waitRange` is about to
 * copy. `WindowUse` is the owner's side.
 */
export class ReaderUse implements PieceWise {
  /** The longest range that can be waited for in one piece, in bytes. */
  readonly longestWait: number;
  /** What the reader's wait queue calls. */
  readonly hooks = {
    arriving: (wait: AskedWait & Urgency): void => this.#arriving(wait),
    settling: (wait: AskedWait, state: WaitState | WaitOutcome): void => {
      if (state === 'ready') this.#ready(wait);
    },
  };
  readonly #words: Int32Array;
  readonly #places: PlaceNotes;
  readonly #lost: Ranges | undefined;
  readonly #tell: () => void;
  #kept: Want[] = [];

  /**
   * @param words - the cell's
   * @param tell - tells the owner that there is something new in them
   * @param lost - where it is found which bytes have gone for ever; undefined: none do
   */
  constructor(words: Int32Array, tell: () => void, longestWait: number, lost: SharedArrayBuffer | undefined) {
    this.#words = words;
    this.#tell = tell;
    this.longestWait = longestWait;
    this.#lost = lost && lostBytesIn(lost);
    this.#places = new PlaceNotes(words, PLACES_BASE);
  }

  /** A read of, or a wait for, `[offset, offset + length)`. */
  note(offset: number, length: number): void {
    this.#places.note(offset, length);
    this.#tell();
  }

  join(pieces: readonly Uint8Array<ArrayBuffer>[]): Uint8Array<ArrayBuffer> {
    return joinPieces(pieces);
  }

  /** Throws `CAPACITY` if a range is too long to be waited for. */
  checkFits(range: ByteRange): void {
    checkFits('Waited for', range, this.longestWait);
  }

  /** `GONE` if `content` misses bytes of `[start, end)` that nobody brings again. */
  goneError(content: Ranges, start: number, end: number): Error | undefined {
    try {
      return this.#lost && goneError(this.#lost, content, start, end);
    } catch (error) {
      // The owner was terminated while it added to what is lost.
      if (isStorageError(error, 'CLOSED')) return error;
      throw error;
    }
  }

  /** Keeps what a `waitRange` was Ready for, beside what is kept. */
  keep({ start, end, neededBy, order = 0 }: ByteRange & Partial<Urgency>): void {
    const kept = { start, end, neededBy, order, since: keptNow(), blocking: false };
    this.#store([...this.#kept.slice(1 - MOST_KEPT), kept]);
  }

  /** Keeps nothing any more: the next call of the view. */
  release(): void {
    if (this.#kept.length > 0) this.#store([]);
  }

  #arriving(wait: AskedWait & Urgency): void {
    if (wait.uninterruptible !== true) this.release();
    if (isBare(wait)) this.checkFits(wait);
    if (!wait.passive) this.note(wait.start, 0);
  }

  #ready(wait: AskedWait & Partial<Urgency>): void {
    // Of one that was Ready at once: it is the view's next call.
    if (isBare(wait) && wait.order === undefined) this.release();
    if (isBare(wait) && !wait.passive) this.keep(wait);
    // `read` copies right after this.
    else if (wait.uninterruptible !== true) queueMicrotask(() => this.release());
  }

  #store(kept: Want[]): void {
    this.#kept = kept;
    storeKept(this.#words, kept);
    this.#tell();
  }
}
