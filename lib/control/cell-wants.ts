import { loadNumber, storeNumber } from '../coverage/pages.js';
import { BLOCKING, HAS_NEEDED_BY, type Want } from './cell-layout.js';

/** Stores a want in `WANT_WORDS` words. */
export function storeWant(words: Int32Array, at: number, want: Want): void {
  storeNumber(words, at, want.start);
  storeNumber(words, at + 2, want.end);
  storeDouble(words, at + 4, want.neededBy ?? 0);
  storeDouble(words, at + 6, want.since);
  Atomics.store(words, at + 8, (want.blocking ? BLOCKING : 0) | (want.neededBy === undefined ? 0 : HAS_NEEDED_BY));
  Atomics.store(words, at + 9, want.order);
}

/** Reads what {@link storeWant} has stored. */
export function loadWant(words: Int32Array, at: number): Want {
  const flags = Atomics.load(words, at + 8);
  return {
    start: loadNumber(words, at),
    end: loadNumber(words, at + 2),
    neededBy: (flags & HAS_NEEDED_BY) === 0 ? undefined : loadDouble(words, at + 4),
    since: loadDouble(words, at + 6),
    order: Atomics.load(words, at + 9),
    blocking: (flags & BLOCKING) !== 0,
  };
}

const scratch = new DataView(new ArrayBuffer(8));

/** Stores a number that need not be an integer. */
export function storeDouble(words: Int32Array, at: number, value: number): void {
  scratch.setFloat64(0, value);
  Atomics.store(words, at, scratch.getInt32(0));
  Atomics.store(words, at + 1, scratch.getInt32(4));
}

/** Reads what {@link storeDouble} has stored. */
export function loadDouble(words: Int32Array, at: number): number {
  scratch.setInt32(0, Atomics.load(words, at));
  scratch.setInt32(4, Atomics.load(words, at + 1));
  return scratch.getFloat64(0);
}
