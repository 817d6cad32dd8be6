import { storeNumber } from '../coverage/pages.js';
import { WANTS_AT } from '../control/layout.js';
import { copyFromShared } from '../memory/shared-copy.js';
import { decodeError } from './error-text.js';
import {
  ASK_AT,
  ASK_LENGTH_AT,
  ASK_START_AT,
  GIVEN_AT,
  GIVEN_GENERATION_AT,
  GIVEN_LENGTH_AT,
  PIECE_BYTES,
  pieceOf,
} from './piece-box.js';

/** The reader's side of a box; see `piece-box.ts`. */
export class BoxReader {
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #control: { readonly words: Int32Array };
  /** The last ask, with what it was for; in bytes. */
  #ask = 0;
  #start = 0;
  #length = 0;

  /** @param control - has the words of the control block */
  constructor(cell: SharedArrayBuffer, control: { readonly words: Int32Array }) {
    this.#words = new Int32Array(cell, 0, cell.byteLength >> 2);
    this.#bytes = pieceOf(cell);
    this.#control = control;
  }

  /**
   * True if `[start, start + length)` was asked for last, or as much of it as fits, and was neither
   * taken nor has become old.
   */
  hasAsked(start: number, length: number): boolean {
    const isOld = Atomics.load(this.#words, GIVEN_AT) === ((this.#ask - 1) | 0);
    return start === this.#start && Math.min(length, PIECE_BYTES) <= this.#length && !isOld;
  }

  /** Step 1: asks for `[start, start + length)`, not empty, or as much of it as fits. */
  ask(start: number, length: number): void {
    const words = this.#words;
    const asked = Math.min(length, PIECE_BYTES);
    this.#start = start;
    this.#length = asked;
    Atomics.add(words, ASK_AT, 1);
    storeNumber(words, ASK_START_AT, start);
    Atomics.store(words, ASK_LENGTH_AT, asked);
    this.#ask = (Atomics.add(words, ASK_AT, 1) + 1) | 0;
    const { words: control } = this.#control;
    Atomics.add(control, WANTS_AT, 1);
    Atomics.notify(control, WANTS_AT);
  }

  /**
   * Step 3: copies what was given for the last ask, `target` at the most, and returns how many
   * bytes: 0 if they are not covered any more, or of content of another `generation`. Undefined
   * while nothing was given. What is taken is taken once. Throws the error that was given instead.
   */
  take(target: Uint8Array, generation: number): number | undefined {
    const words = this.#words;
    const given = Atomics.load(words, GIVEN_AT);
    // Old since: that has happened during this wait, which may see either.
    if (this.#length === 0 || (given !== this.#ask && given !== ((this.#ask - 1) | 0))) return undefined;
    const start = this.#start;
    const end = start + this.#length;
    this.#length = 0;
    const length = Atomics.load(words, GIVEN_LENGTH_AT);
    if (length < 0) throw decodeError(this.#bytes.subarray(0, -1 - length), start, end);
    if (Atomics.load(words, GIVEN_GENERATION_AT) !== generation) return 0;
    const copied = Math.min(length, target.length);
    copyFromShared(this.#bytes, 0, target.subarray(0, copied));
    return copied;
  }
}
