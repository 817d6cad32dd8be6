import { sumStamps } from '../control/stamps.js';
import { copyToShared } from '../memory/shared-copy.js';
import { CACHE_BLOCK, cacheBytesOf, cacheIn, type CacheMemory, entryAt, waysOf } from './cache-layout.js';

/** Blocks behind it are never in a cache: an entry is one word. */
const MOST_BLOCKS = 2 ** 31 - 1;

/** The owner's side of a shared cache; see `cache-layout.ts`. */
export class SharedCache {
  readonly buffer: SharedArrayBuffer;
  readonly #memory: CacheMemory;
  /** The slot of each block that is in one. */
  readonly #slotOf = new Map<number, number>();
  /** By slot, which block is in it. */
  readonly #blockIn: (number | undefined)[] = [];
  /** By the first of its slots, how many blocks a set has taken. */
  readonly #taken: number[] = [];
  readonly #incoming = new Uint8Array(CACHE_BLOCK);

  /** @param slotCount - how many blocks it holds */
  constructor(slotCount: number) {
    this.buffer = new SharedArrayBuffer(cacheBytesOf(slotCount));
    const memory = cacheIn(this.buffer);
    if (memory === undefined) throw new Error(`A cache of ${slotCount} slots is none.`);
    this.#memory = memory;
  }

  /**
   * Puts a block into a slot, in the place of the one that has been longest in its set, unless it
   * is in one. `read` copies all of its bytes that are covered; if it returns false, or throws,
   * nothing is changed.
   */
  keep(block: number, read: (target: Uint8Array) => boolean): void {
    if (this.#slotOf.has(block) || block >= MOST_BLOCKS) return;
    // Not into the slot: that has another block until it is known that this one is there.
    if (!read(this.#incoming)) return;
    const { words, slots, slotCount } = this.#memory;
    const { first, count } = waysOf(block, slotCount);
    const taken = this.#taken[first] ?? 0;
    const slot = first + (taken % count);
    this.#taken[first] = taken + 1;
    this.#empty(slot);
    slots.set(this.#incoming, slot * CACHE_BLOCK);
    Atomics.store(words, entryAt(slot), block + 1);
    this.#slotOf.set(block, slot);
    this.#blockIn[slot] = block;
  }

  /** `data` was written at `offset`. Called before it is covered. */
  wrote(offset: number, data: Uint8Array): void {
    if (this.#slotOf.size === 0) return;
    const end = offset + data.length;
    for (let at = offset; at < end;) {
      const block = Math.floor(at / CACHE_BLOCK);
      const until = Math.min(end, (block + 1) * CACHE_BLOCK);
      const slot = this.#slotOf.get(block);
      if (slot !== undefined) {
        const from = slot * CACHE_BLOCK + at - block * CACHE_BLOCK;
        copyToShared(data.subarray(at - offset, until - offset), this.#memory.slots, from);
      }
      at = until;
    }
  }

  /** Takes all blocks out. */
  clear(): void {
    for (const slot of [...this.#slotOf.values()]) this.#empty(slot);
  }

  /** Steps A and B. */
  #empty(slot: number): void {
    const block = this.#blockIn[slot];
    if (block === undefined) return;
    const { words } = this.#memory;
    Atomics.store(words, entryAt(slot), 0);
    sumStamps(words, 0, block * CACHE_BLOCK, (block + 1) * CACHE_BLOCK, 1);
    this.#slotOf.delete(block);
    this.#blockIn[slot] = undefined;
  }
}
