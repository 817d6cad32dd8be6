import { loadNumber, storeNumber } from '../coverage/pages.js';
import { PLACE_WORDS, PLACES } from './cell-layout.js';

/**
 * Where one reader reads: the last {@link PLACES} stretches that it has read in, or waited for.
 *
 * A read goes on in a stretch if it begins near that one's last read; else it begins a new one, in
 * place of the one that was not read for longest. So two places that are read in turn are two
 * places, however long that goes on.
 *
 * The reader notes them in shared memory, four words each: a number that counts notes by two (odd
 * while one is being made), and the offset of the last read, in 53 bits. It reads no clock. The
 * owner does, when it looks: a place whose number has changed was read since it looked last.
 */

/** So far from the last read another one goes on in its stretch, in bytes. */
const NEAR = 64 * 1024;
/** So long after it was read a place counts, in milliseconds. */
const RECENT = 10_000;

/** The reader's side. */
export class PlaceNotes {
  readonly #words: Int32Array;
  readonly #base: number;
  /** The last read of each place, half-open. */
  readonly #starts = new Float64Array(PLACES);
  readonly #ends = new Float64Array(PLACES).fill(-Infinity);
  /** What {@link #notes} was at it. */
  readonly #noted = new Float64Array(PLACES);
  #notes = 0;
  #last = 0;

  /** @param base - the first of its words */
  constructor(words: Int32Array, base = 0) {
    this.#words = words;
    this.#base = base;
  }

  /** Notes a read, or a wait, of `[offset, offset + length)`. */
  note(offset: number, length: number): void {
    const place = this.#isNear(this.#last, offset) ? this.#last : this.#find(offset);
    this.#last = place;
    this.#starts[place] = offset;
    this.#ends[place] = offset + length;
    this.#noted[place] = this.#notes += 1;
    const at = this.#base + place * PLACE_WORDS;
    const words = this.#words;
    Atomics.add(words, at, 1);
    storeNumber(words, at + 1, offset);
    Atomics.add(words, at, 1);
  }

  #find(offset: number): number {
    let oldest = 0;
    for (let place = 0; place < PLACES; place += 1) {
      if (this.#isNear(place, offset)) return place;
      if ((this.#noted[place] ?? 0) < (this.#noted[oldest] ?? 0)) oldest = place;
    }
    return oldest;
  }

  #isNear(place: number, offset: number): boolean {
    return offset >= (this.#starts[place] ?? 0) - NEAR && offset <= (this.#ends[place] ?? 0) + NEAR;
  }
}

/** The owner's side. */
export class RecentPlaces {
  readonly #words: Int32Array;
  readonly #base: number;
  readonly #positions = new Float64Array(PLACES);
  /** What the number of each was, and when that was seen to have changed. */
  readonly #notes = new Int32Array(PLACES);
  readonly #times = new Float64Array(PLACES).fill(-Infinity);

  /** @param base - the first of its words */
  constructor(words: Int32Array, base = 0) {
    this.#words = words;
    this.#base = base;
  }

  /**
   * Adds the places to `places` that were read lately, and those of `waits`, however long these
   * wait.
   *
   * @param now - in milliseconds, by a clock that cannot be set
   */
  collect(places: number[], now: number, waits: Iterable<{ readonly start: number }>): void {
    for (let place = 0; place < PLACES; place += 1) this.#look(place, now);
    for (const { start } of waits) {
      const place = this.#positions.indexOf(start);
      if (place >= 0) this.#times[place] = now;
    }
    for (let place = 0; place < PLACES; place += 1)
      if (now - (this.#times[place] ?? 0) <= RECENT) places.push(this.#positions[place] ?? 0);
  }

  #look(place: number, now: number): void {
    const at = this.#base + place * PLACE_WORDS;
    const notes = Atomics.load(this.#words, at);
    if (notes === this.#notes[place] || (notes & 1) !== 0) return;
    const position = loadNumber(this.#words, at + 1);
    if (Atomics.load(this.#words, at) !== notes) return;
    this.#notes[place] = notes;
    this.#positions[place] = position;
    this.#times[place] = now;
  }
}
