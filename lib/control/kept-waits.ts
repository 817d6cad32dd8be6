import { KEPT_BASE, KEPT_WAITS_BASE, MOST_KEPT, type Want, WANT_WORDS } from './cell-layout.js';
import { loadWant, storeWant } from './cell-wants.js';

/**
 * What a reader has waited for with `waitRange` and is about to copy. A window leaves it alone
 * until the reader's next call, but no longer than {@link KEPT_FOR}.
 *
 * In a cell: a number that counts changes by two (odd while one is being made), how many there are,
 * and these, as wants are published. Their `since` is when they became Ready, by {@link keptNow}.
 */

/** In milliseconds. */
const KEPT_FOR = 1000;

/**
 * Epoch milliseconds by a clock that cannot be set, and is the same in all threads: see `ARRIVALS`
 * in `control/layout.ts`. Nothing is decided by it that milliseconds matter for.
 */
export function keptNow(): number {
  return performance.timeOrigin + performance.now();
}

/** So many milliseconds more it is kept; not any more: 0 or less. */
export function keptFor({ since }: Pick<Want, 'since'>, now: number): number {
  return since + KEPT_FOR - now;
}

/** True if that is still kept. */
export function isKept(kept: Pick<Want, 'since'>, now: number): boolean {
  return keptFor(kept, now) > 0;
}

/** Stores what is kept; the reader's side. */
export function storeKept(words: Int32Array, kept: readonly Want[]): void {
  Atomics.add(words, KEPT_BASE, 1);
  Atomics.store(words, KEPT_BASE + 1, kept.length);
  kept.forEach((want, index) => storeWant(words, KEPT_WAITS_BASE + index * WANT_WORDS, want));
  Atomics.add(words, KEPT_BASE, 1);
}

/** Reads it, and remembers it until it changes; the owner's side. */
export class KeptWaits {
  readonly #words: Int32Array;
  #changes = 0;
  #kept: readonly Want[] = [];

  /** @param words - the cell's */
  constructor(words: Int32Array) {
    this.#words = words;
  }

  /** What is kept now. What a reader is just changing is taken as it was. */
  get current(): readonly Want[] {
    const words = this.#words;
    const changes = Atomics.load(words, KEPT_BASE);
    if (changes === this.#changes || (changes & 1) !== 0) return this.#kept;
    const count = Math.min(Atomics.load(words, KEPT_BASE + 1), MOST_KEPT);
    const kept: Want[] = [];
    for (let index = 0; index < count; index += 1) kept.push(loadWant(words, KEPT_WAITS_BASE + index * WANT_WORDS));
    if (Atomics.load(words, KEPT_BASE) === changes) {
      this.#changes = changes;
      this.#kept = kept;
    }
    return this.#kept;
  }

  /** Drops what it knows of `[start, end)`: those bytes are given up. */
  drop(start: number, end: number): void {
    this.#kept = this.current.filter((want) => want.end <= start || end <= want.start);
  }
}
