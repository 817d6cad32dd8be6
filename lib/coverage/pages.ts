/**
 * The memory of a control block: pages of 64 words (256 bytes, four cache lines), numbered from 0.
 *
 * A word is an `Int32`; a 53-bit number takes two, high word first. Page 0 is the header of the
 * block (see `control/layout.ts`), every other page is a leaf or an inner node of the coverage
 * tree, a piece of text, or wake-up words; number 0 therefore doubles as «no page».
 */
export const PAGE_WORDS = 64;
export const PAGE_BYTES = PAGE_WORDS * 4;

/** How much one of a high word counts. */
export const HIGH = 4_294_967_296;

/** Reads the 53-bit number in `words[at]` and `words[at + 1]`. */
export function loadNumber(words: Int32Array, at: number): number {
  return Atomics.load(words, at) * HIGH + (Atomics.load(words, at + 1) >>> 0);
}

/** Stores a 53-bit number. */
export function storeNumber(words: Int32Array, at: number, value: number): void {
  storeWord(words, at, Math.floor(value / HIGH));
  storeWord(words, at + 1, value | 0);
}

/**
 * Stores a word that only this thread writes. An atomic store is a call (8 ns, measured) and most
 * high words are 0, as most files lie below 4 GiB: a word that does not change is not stored.
 */
export function storeWord(words: Int32Array, at: number, value: number): void {
  if (words[at] !== value) Atomics.store(words, at, value);
}

/** Where the pages come from; only the owner's thread allocates. */
export interface PageSource {
  /** A view of all pages there are; another array after {@link PageSource.reserve}. */
  readonly words: Int32Array;
  /**
   * Makes sure that `count` calls of {@link PageSource.allocate} will succeed; throws `CAPACITY` if
   * they cannot.
   */
  reserve(count: number): void;
  /**
   * Returns the number of a free page, whose content is undefined. It replaces `words` if the page
   * was not reserved and there is no room for it.
   */
  allocate(): number;
  /** Takes a page back. */
  free(page: number): void;
}
