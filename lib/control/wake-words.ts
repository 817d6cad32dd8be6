import { PAGE_WORDS, type PageSource } from '../coverage/pages.js';
import { WAKE_PAGES_AT } from './layout.js';

/**
 * The words that readers in other threads sleep on, one each, in a chain of pages (word 0: the next
 * page).
 *
 * They lie in the control block and not in the readers' own buffers, so that one handle is enough
 * to wake all readers (`ownerGone`). A word only counts up. Once its port is closed it is given to
 * another reader. If the former reader is still about to sleep on it, a wake-up of either moves the
 * count past what the other compared, which costs the other one needless look at the state.
 */
export class WakeWords {
  readonly #pages: PageSource;
  readonly #free: number[] = [];

  constructor(pages: PageSource) {
    this.#pages = pages;
  }

  /** Returns the index of a word for one reader. */
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

/** Wakes the threads that sleep on `word`, which then look again at the state. */
export function wake(words: Int32Array, word: number): void {
  Atomics.add(words, word, 1);
  Atomics.notify(words, word);
}

/** True if a reader can sleep on `word`. */
export function isWakeWord(words: Int32Array, word: unknown): word is number {
  return (
    Number.isSafeInteger(word) &&
    Number(word) > PAGE_WORDS &&
    Number(word) < words.length &&
    Number(word) % PAGE_WORDS > 0
  );
}

/**
 * True if the chain of pages ends. In damaged memory it may be a circle, or lead out of the block.
 */
export function hasWakeWords(words: Int32Array): boolean {
  const limit = Math.floor(words.length / PAGE_WORDS);
  let page = Atomics.load(words, WAKE_PAGES_AT);
  for (let steps = 0; page > 0 && page < limit && steps < limit; steps += 1)
    page = Atomics.load(words, page * PAGE_WORDS);
  return page === 0;
}

/** Wakes every reader of a block, without its owner. */
export function wakeEverybody(words: Int32Array): void {
  for (let page = Atomics.load(words, WAKE_PAGES_AT); page !== 0; page = Atomics.load(words, page * PAGE_WORDS)) {
    for (let word = 1; word < PAGE_WORDS; word += 1) wake(words, page * PAGE_WORDS + word);
  }
}
