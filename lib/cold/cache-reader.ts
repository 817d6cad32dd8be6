import { sumStamps } from '../control/stamps.js';
import { StorageError } from '../errors/storage-error.js';
import { copyFromShared } from '../memory/shared-copy.js';
import { CACHE_BLOCK, cacheIn, type CacheMemory, entryAt, waysOf } from './cache-layout.js';

/** A reader's side of a shared cache; see `cache-layout.ts`. */
export class CacheReader {
  readonly #memory: CacheMemory;
  /** By block from {@link #firstFound} on, the slot that step 2 has found. */
  readonly #found: number[] = [];
  #firstFound = 0;

  private constructor(memory: CacheMemory) {
    this.#memory = memory;
  }

  /** Undefined for memory that is no cache. */
  static of(buffer: SharedArrayBuffer): CacheReader | undefined {
    const memory = cacheIn(buffer);
    return memory && new CacheReader(memory);
  }

  /** Step 1; and step 4, once it has `copied`. */
  stamp(start: number, end: number, copied: boolean): number {
    return sumStamps(this.#memory.words, 0, start, end, copied ? 0 : undefined);
  }

  /** Step 2: the first byte of `[start, end)` that is in no slot, or `end`. */
  reach(start: number, end: number): number {
    const found = this.#found;
    found.length = 0;
    this.#firstFound = Math.floor(start / CACHE_BLOCK);
    for (let at = start; at < end;) {
      const block = Math.floor(at / CACHE_BLOCK);
      const slot = this.#slotOf(block);
      if (slot === undefined) return at;
      found.push(slot);
      at = (block + 1) * CACHE_BLOCK;
    }
    return end;
  }

  /**
   * Step 3, of what step 2 has found: its slots are not looked up again. Between A and B a block is
   * in none, and its stamp does not tell yet.
   */
  read(offset: number, target: Uint8Array): void {
    const { slots } = this.#memory;
    const end = offset + target.length;
    for (let at = offset; at < end;) {
      const block = Math.floor(at / CACHE_BLOCK);
      const until = Math.min(end, (block + 1) * CACHE_BLOCK);
      const slot = this.#found[block - this.#firstFound];
      if (slot === undefined) throw new StorageError('IO', `Read [${offset}, ${end}), out of reach of this thread.`);
      copyFromShared(slots, (slot - block) * CACHE_BLOCK + at, target.subarray(at - offset, until - offset));
      at = until;
    }
  }

  #slotOf(block: number): number | undefined {
    const { words, slotCount } = this.#memory;
    const { first, count } = waysOf(block, slotCount);
    for (let slot = first; slot < first + count; slot += 1) {
      if (Atomics.load(words, entryAt(slot)) === block + 1) return slot;
    }
    return undefined;
  }
}
