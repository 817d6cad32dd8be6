import { addRun, removeRun, type Runs } from './runs.js';

/**
 * Which bytes of each place are in use: a block is given back when none of its bytes is. Offsets
 * are those within the block.
 *
 * Nearly every block has one run, since bytes arrive in order: it lies in two arrays, and costs no
 * allocation. A place whose block has several has them in `#more`.
 */
export class BlockRuns {
  readonly #starts: Uint32Array;
  /** 0 for a place without bytes, and for one in `#more`. */
  readonly #ends: Uint32Array;
  /** In exactly one of both: here, two runs at least. */
  readonly #more = new Map<number, Runs>();

  constructor(places: number) {
    this.#starts = new Uint32Array(places);
    this.#ends = new Uint32Array(places);
  }

  /** Adds `[start, end)`, not empty. */
  add(place: number, start: number, end: number): void {
    const ownStart = this.#starts[place] ?? 0;
    const ownEnd = this.#ends[place] ?? 0;
    if (ownEnd > 0 && start <= ownEnd && end >= ownStart) {
      this.#setOne(place, Math.min(start, ownStart), Math.max(end, ownEnd));
    } else if (ownEnd === 0 && !this.#more.has(place)) {
      this.#setOne(place, start, end);
    } else {
      const runs = this.#runs(place);
      addRun(runs, start, end);
      this.#set(place, runs);
    }
  }

  /** Removes `[start, end)`; returns true if nothing is left. */
  remove(place: number, start: number, end: number): boolean {
    const ownStart = this.#starts[place] ?? 0;
    const ownEnd = this.#ends[place] ?? 0;
    if (ownEnd > 0 && start <= ownStart && end >= ownEnd) {
      this.clear(place);
      return true;
    }
    const runs = this.#runs(place);
    removeRun(runs, start, end);
    this.#set(place, runs);
    return runs.length === 0;
  }

  clear(place: number): void {
    this.#setOne(place, 0, 0);
    this.#more.delete(place);
  }

  #runs(place: number): Runs {
    const end = this.#ends[place] ?? 0;
    return end > 0 ? [this.#starts[place] ?? 0, end] : (this.#more.get(place) ?? []);
  }

  #set(place: number, runs: Runs): void {
    if (runs.length > 2) {
      this.#setOne(place, 0, 0);
      this.#more.set(place, runs);
    } else {
      this.#setOne(place, runs[0] ?? 0, runs[1] ?? 0);
      this.#more.delete(place);
    }
  }

  #setOne(place: number, start: number, end: number): void {
    this.#starts[place] = start;
    this.#ends[place] = end;
  }
}
