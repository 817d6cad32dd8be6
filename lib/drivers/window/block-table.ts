/**
 * Where each block of the content lies: a hash table in shared memory, which other threads read
 * without locks while the owner changes it.
 *
 * A block is a piece of the content of fixed size, numbered by its offset; a place is a piece of
 * the pool of the same size. The table has a word for the longest way to an entry, and then two
 * words for each slot:
 *
 * | word | of a slot that is used | of a free one |
 * |---|---|---|
 * | key | the low 32 bits of the number of the block | anything |
 * | place | its upper bits, and the number of the place plus 1 | 0 |
 *
 * An entry lies in its home slot, which a hash of the number names, or in the first free one behind
 * it. It never moves: a slot that becomes free ends no search, as it does in other such tables, so
 * nothing has to be moved up. A search ends after the longest way that any entry has ever had.
 *
 * **Why a reader in another thread finds the right place.** It looks for the place of a block in
 * step 3 of `control/stamps.ts`: after it has found the bytes covered, and before it compares the
 * stamps. It has to be right only if the stamps prove that the bytes have not gone since. Suppose
 * that they do. Then the block has been in the table all the time: the owner adds it before it
 * covers a byte of it, and removes it after it has changed the stamps of all of them. Covering
 * stores, and the reader loads, with `Atomics`; so the reader sees the whole entry, and a longest
 * way that reaches it. Other entries come and go meanwhile, but none of that moves this one.
 *
 * **Nor does it take another entry for it.** The two words of a slot are not loaded in one moment,
 * and the slot may be given to another block in between. The owner stores 0 into the place first,
 * then the key, then the place; the reader loads the place, the key, and the place again. If the
 * place is the same twice, then either nothing has happened to the slot, and the words belong
 * together; or the slot became free, and then got the same place and the same upper bits again. The
 * key was loaded in between, so it is that of the entry before, or of the one after. If it is the
 * key that the reader looks for, then that entry had this place: both have, and the upper bits lie
 * in the same word. Before it went the stamps of its block were changed, so the copy is made again
 * if it was the one before.
 */
export class BlockTable {
  readonly #words: Int32Array;
  readonly #mask: number;
  readonly #shift: number;

  /** @param memory - of `BlockTable.bytesFor`; new memory is an empty table */
  constructor(memory: ArrayBufferLike) {
    this.#words = new Int32Array(memory);
    const slots = (this.#words.length - FIRST_AT) / SLOT_WORDS;
    this.#mask = slots - 1;
    this.#shift = Math.clz32(this.#mask);
  }

  /** How many bytes the table of so many places takes. At least half of its slots are free. */
  static bytesFor(places: number): number {
    let slots = 4;
    while (slots < 2 * places) slots *= 2;
    return Int32Array.BYTES_PER_ELEMENT * (FIRST_AT + slots * SLOT_WORDS);
  }

  /** True if memory has the size of a table; not so if somebody has made it up. */
  static isOne({ byteLength }: ArrayBufferLike): boolean {
    const slots = (byteLength / Int32Array.BYTES_PER_ELEMENT - FIRST_AT) / SLOT_WORDS;
    return slots >= 4 && Number.isInteger(Math.log2(slots));
  }

  /** The place of `block`, or −1. */
  find(block: number): number {
    const words = this.#words;
    const upper = Math.floor(block / KEYS);
    const key = block | 0;
    const home = this.#home(key, upper);
    // In damaged memory the way may be any number.
    const longest = Math.min(Atomics.load(words, LONGEST_AT), this.#mask);
    for (let way = 0; way <= longest; way += 1) {
      const at = this.#at(home + way);
      const place = Atomics.load(words, at + PLACE);
      if (place === 0 || place >>> PLACE_BITS !== upper || Atomics.load(words, at) !== key) continue;
      if (Atomics.load(words, at + PLACE) === place) return (place & PLACE_MASK) - 1;
    }
    return -1;
  }

  /** Adds `block`, which is not in it. */
  add(block: number, place: number): void {
    const words = this.#words;
    const upper = Math.floor(block / KEYS);
    const key = block | 0;
    const home = this.#home(key, upper);
    let way = 0;
    while (Atomics.load(words, this.#at(home + way) + PLACE) !== 0) way += 1;
    const at = this.#at(home + way);
    if (way > Atomics.load(words, LONGEST_AT)) Atomics.store(words, LONGEST_AT, way);
    Atomics.store(words, at, key);
    Atomics.store(words, at + PLACE, (upper << PLACE_BITS) | (place + 1));
  }

  /** Removes `block`, which is in it. */
  remove(block: number): void {
    const words = this.#words;
    const upper = Math.floor(block / KEYS);
    const key = block | 0;
    for (let slot = this.#home(key, upper); ; slot += 1) {
      const at = this.#at(slot);
      const place = Atomics.load(words, at + PLACE);
      if (place === 0 || place >>> PLACE_BITS !== upper || Atomics.load(words, at) !== key) continue;
      Atomics.store(words, at + PLACE, 0);
      return;
    }
  }

  /** Fibonacci hashing: blocks in a row come to lie apart, however many rows there are. */
  #home(key: number, upper: number): number {
    return Math.imul(key ^ Math.imul(upper, 0x85eb_ca6b), 0x9e37_79b1) >>> this.#shift;
  }

  #at(slot: number): number {
    return FIRST_AT + (slot & this.#mask) * SLOT_WORDS;
  }
}

/** The longest way from a home slot to its entry so far, in slots. */
const LONGEST_AT = 0;
const FIRST_AT = 2;
const SLOT_WORDS = 2;
/** Where the place lies in a slot; the key lies at 0. */
const PLACE = 1;
const KEYS = 2 ** 32;
/** The upper bits of a number below 2^41 are 9: together with a place they fill a positive word. */
const PLACE_BITS = 22;
const PLACE_MASK = 2 ** PLACE_BITS - 1;

/** A window has at most so many places. */
export const MOST_PLACES = PLACE_MASK - 1;
/** The shortest block, in bytes: all numbers of blocks are below 2^41. */
export const SHORTEST_BLOCK = 2 ** 12;

/** True if blocks can be so long. */
export function isBlockSize(value: unknown): value is number {
  return typeof value === 'number' && value >= SHORTEST_BLOCK && Number.isInteger(Math.log2(value));
}
