import { PAGE_WORDS, type PageSource } from '../coverage/pages.js';
import { WAKE_PAGES_AT } from './layout.js';

/**
 * The words that readers in other threads sleep on, one each, in a chain of pages (word 0: the next page).
 *
 * They lie in the control block and not in the readers' own buffers, so that somebody who has only one handle can wake
 * everybody (`ownerGone`). A word only ever counts up, and is given to another reader once its port is closed: should the
 * former reader still be about to sleep on it, then a wake-up of either moves the count past what the other compared, and costs
 * it one look more than needed.
 */
export class WakeWords {
  readonly #pages: PageSource;
  readonly #free: number[] = [];

  constructor(pages: PageSource) {
    this.#pages = pages;
  }

  /** The index of a word for one reader. */
  acquire(): number {
    if (this.#free.length === 0) this.#addPage();
    return this.#free.pop() ?? 0;
  }

  release(word: number): void {
    this.#free.push(word);
  }

  #addPage(): void {
    this.#pages.reserve(1);
    const page = this.#pages.allocate();
    const { words } = this.#pages;
    const base = page * PAGE_WORDS;
    for (let word = PAGE_WORDS - 1; word > 0; word -= 1) {
      Atomics.store(words, base + word, 0);
      this.#free.push(base + word);
    }
    Atomics.store(words, base, Atomics.load(words, WAKE_PAGES_AT));
    Atomics.store(words, WAKE_PAGES_AT, page);
  }
}

/** Wakes whoever sleeps on `word`; they look again at what they wait for. */
export function wake(words: Int32Array, word: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
}

/** Wakes every reader of a block, without its owner. */
export function wakeEverybody(words: Int32Array): void {
  for (let page = Atomics.load(words, WAKE_PAGES_AT); page !== 0; page = Atomics.load(words, page * PAGE_WORDS)) {
    for (let word = 1; word < PAGE_WORDS; word += 1) wake(words, page * PAGE_WORDS + word);
  }
}
