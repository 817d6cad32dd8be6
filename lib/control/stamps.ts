import { PAGE_WORDS, type PageSource } from '../coverage/pages.js';
import { STAMP_BLOCK, STAMPS, STAMPS_AT } from './layout.js';

/**
 * The stamps of a control block: they tell a copy that its bytes went while it was made.
 *
 * When bytes are evicted, the driver may use their place again, for other bytes of the same offset
 * or of another one. A thread that is copying them then copies what somebody else has put there.
 * It must not return that. `GENERATION` could tell it, but its change makes readers of files open
 * them anew, and one number for all bytes would repeat copies that nothing has happened to: up to
 * twelve times in a row (measured). So each block of {@link STAMP_BLOCK} bytes of the content has a
 * stamp, a word that only counts up. Blocks share {@link STAMPS} words, modulo; an eviction in a
 * block that shares a word with another costs a reader of that one a needless repetition.
 *
 * **The order.** The owner, for each range that it evicts:
 *
 * A. takes it out of coverage, in an update of its own;
 * B. adds 1 to the stamps of its blocks;
 * C. calls `evict` of the driver, and from then on writes into the place: plain stores;
 * D. covers what it has written, in a later update.
 *
 * A reader, for each copy:
 *
 * 1. loads the stamps of all blocks that it may copy from;
 * 2. reads coverage, or what it remembers of it after the two loads of `control/layout.ts`;
 * 3. copies what is covered: plain loads;
 * 4. adds 0 to the same stamps. If any has changed since 1, it starts over at 1.
 *
 * **Why it never returns other bytes.** Suppose that a copy in 3 has seen a store of some C, and
 * take the stamp of the block that the reader meant. All operations on that word are atomic, so
 * they have one order, which agrees with the order within each thread. There are three cases.
 *
 * - *B lies between 1 and 4.* The numbers differ, and the reader starts over.
 * - *4 lies before B.* Both are read-modify-writes of one word. So B reads what 4 has written, or
 *   what a later one has that read it (each reader's 4 is one, too), and synchronizes with 4
 *   through that chain. Hence the loads of 3 happen before the stores of C, and cannot have seen
 *   them. It takes a read-modify-write on *both* sides. If 4 were an atomic load, nothing would
 *   order the plain loads before it: on a weakly ordered CPU they may be satisfied after it, when
 *   C has been at work. If B were a store, it would read nothing, and not synchronize with 4.
 * - *B lies before 1.* Then A does, too, so 2 sees coverage without the range, or covered anew. In
 *   the first case nothing of it is copied in 3. In the second one D lies before 2, so what C has
 *   stored up to then is what was to be copied. If it goes again, that has a B of its own, for
 *   which the same three cases hold.
 *
 * 1 has to come before 2. If coverage were read first, A, B and C could all lie between the two:
 * the reader would copy by the old coverage, and find the new stamp twice.
 *
 * Since stamps only count up, their sum is the same in 1 and 4 only if none has changed. So one
 * number is compared, and a copy allocates nothing. It would have to sleep through 2^32 evictions
 * to be mistaken.
 *
 * **Committed content** loses no bytes without being reactivated before, which changes
 * `GENERATION`: a copy of content that was committed in its generation compares only that.
 *
 * The owner copies and evicts in one thread, and needs none of this.
 */

const STAMP_PAGES = Math.ceil(STAMPS / PAGE_WORDS);

/** Makes the stamps of a new block, whose pages were all allocated in a row so far. */
export function makeStamps(pages: PageSource): void {
  pages.reserve(STAMP_PAGES);
  const first = pages.allocate();
  for (let page = 1; page < STAMP_PAGES; page += 1) pages.allocate();
  Atomics.store(pages.words, STAMPS_AT, first * PAGE_WORDS);
}

/** True if the stamps of a block, if it has any, lie in it; not so in damaged memory. */
export function hasSoundStamps(words: Int32Array): boolean {
  const at = Atomics.load(words, STAMPS_AT);
  return at === 0 || (at >= PAGE_WORDS && at + STAMPS <= words.length);
}

/** Step B: changes the stamps of `[start, end)`, not empty. */
export function changeStamps(words: Int32Array, start: number, end: number): void {
  sumStamps(words, Atomics.load(words, STAMPS_AT), start, end, 1);
}

/**
 * Step 1: loads the stamps of `[start, end)`, and returns their sum. Step 4, with `by` 0: adds that
 * to each, and returns the sum as it was before. `at`: where they lie.
 */
export function sumStamps(words: Int32Array, at: number, start: number, end: number, by?: 0 | 1): number {
  const first = Math.floor(start / STAMP_BLOCK);
  // Each word once, however many blocks there are.
  const last = Math.min(first + STAMPS, Math.ceil(end / STAMP_BLOCK));
  let sum = 0;
  for (let block = first; block < last; block += 1) {
    const word = at + (block % STAMPS);
    sum = (sum + (by === undefined ? Atomics.load(words, word) : Atomics.add(words, word, by))) | 0;
  }
  return sum;
}
