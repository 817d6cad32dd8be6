import { PAGE_BYTES, PAGE_WORDS, type PageSource } from '../coverage/pages.js';
import { INITIAL_BYTES, MAX_BYTES, PAGES_AT } from './layout.js';
import { GrowableBuffer } from '../memory/growable-buffer.js';

/** The pages of one control block, handed out and taken back by the owner. */
export class PagePool implements PageSource {
  readonly #memory: GrowableBuffer;
  readonly #free: number[] = [];
  #next = 1;
  words: Int32Array;

  constructor(shared: boolean) {
    this.#memory = new GrowableBuffer({ initial: INITIAL_BYTES, max: MAX_BYTES, shared });
    this.words = new Int32Array(this.#memory.buffer, 0, INITIAL_BYTES / 4);
    Atomics.store(this.words, PAGES_AT, INITIAL_BYTES / PAGE_BYTES);
  }

  /** The buffer to hand to other threads; undefined where memory is not shared. */
  get shared(): SharedArrayBuffer | undefined {
    return this.#memory.shared;
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
