import { PAGE_BYTES, PAGE_WORDS, type PageSource } from '../coverage/pages.js';
import { INITIAL_BYTES, MAX_BYTES, PAGES_AT } from './layout.js';
import { GrowableBuffer } from '../memory/growable-buffer.js';

/**
 * The pages of one control block, handed out and taken back by the owner.
 *
 * They lie in memory of this thread until another one is to read them: shared memory that grows
 * takes two mappings and tens of microseconds (measured), and most resources have no port.
 */
export class PagePool implements PageSource {
  readonly #memory = new GrowableBuffer({ initial: INITIAL_BYTES, max: MAX_BYTES, shared: false });
  readonly #shares: boolean;
  readonly #free: number[] = [];
  #next = 1;
  words = new Int32Array(this.#memory.buffer);

  /** @param shares - other threads may be to read the pages */
  constructor(shares: boolean) {
    this.#shares = shares;
    Atomics.store(this.words, PAGES_AT, INITIAL_BYTES / PAGE_BYTES);
  }

  /**
   * Moves the pages to memory that other threads can read, and replaces `words`; undefined where
   * there is none. Throws `CAPACITY`, with nothing changed.
   */
  share(): SharedArrayBuffer | undefined {
    const shared = this.#shares ? this.#memory.share() : undefined;
    if (shared) this.words = new Int32Array(shared, 0, this.words.length);
    return shared;
  }

  reserve(count: number): void {
    const fresh = count - this.#free.length;
    const bytes = (this.#next + fresh) * PAGE_BYTES;
    if (fresh <= 0 || bytes <= this.words.byteLength) return;
    this.#memory.grow(bytes);
    const { buffer } = this.#memory;
    const pages = Math.floor(buffer.byteLength / PAGE_BYTES);
    this.words = new Int32Array(buffer, 0, pages * PAGE_WORDS);
    Atomics.store(this.words, PAGES_AT, pages);
  }

  allocate(): number {
    const recycled = this.#free.pop();
    if (recycled !== undefined) return recycled;
    this.reserve(1);
    return this.#next++;
  }

  free(page: number): void {
    this.#free.push(page);
  }
}
