import { CACHE_BLOCK } from '../../cold/cache-layout.js';
import { SharedCache } from '../../cold/shared-cache.js';
import { StorageError } from '../../errors/storage-error.js';

/** So many blocks behind the ones that a reader has got are put into the cache, too. */
const BLOCKS_AHEAD = 3;

/** What other threads read by themselves: blocks that were asked for, in a cache of fixed size. */
export class CachedBlocks {
  readonly #slotCount: number;
  readonly #readThere: (offset: number, target: Uint8Array) => boolean;
  /** Made for the first reader: most resources have none. */
  #cache: SharedCache | undefined;

  /**
   * @param bytes - how much it holds at most
   * @param readThere - copies those of the bytes at an offset that are there; false if none is
   */
  constructor(bytes: number, readThere: (offset: number, target: Uint8Array) => boolean) {
    this.#slotCount = Math.floor(bytes / CACHE_BLOCK);
    this.#readThere = readThere;
  }

  /** The memory for another thread. Throws `CAPACITY`. */
  share(): SharedArrayBuffer {
    try {
      this.#cache ??= new SharedCache(this.#slotCount);
    } catch (cause) {
      throw new StorageError(
        'CAPACITY',
        `Made a port, and the browser gives no memory for a cache of ${this.#slotCount * CACHE_BLOCK} bytes. Open it with fewer cacheBytes.`,
        { cause },
      );
    }
    return this.#cache.buffer;
  }

  /** Bytes of `[start, end)`, not empty, were given to a reader. */
  given(start: number, end: number): void {
    // In a small cache they would take the place of what was asked for.
    const ahead = Math.min(BLOCKS_AHEAD, this.#slotCount - 1);
    const last = Math.floor((end - 1) / CACHE_BLOCK) + ahead;
    for (let block = Math.floor(start / CACHE_BLOCK); block <= last; block += 1)
      this.#cache?.keep(block, (target) => this.#readThere(block * CACHE_BLOCK, target));
  }

  /** `data` was written at `offset`. Called before it is covered. */
  wrote(offset: number, data: Uint8Array): void {
    this.#cache?.wrote(offset, data);
  }

  /** The content is another one. */
  clear(): void {
    this.#cache?.clear();
  }
}
