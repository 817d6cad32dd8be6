import { MAX_OFFSET } from '../range/byte-range.js';
import { HIGH, PAGE_WORDS } from './pages.js';

/**
 * The coverage tree: the ordered, disjoint, non-touching ranges that were written, as a B+ tree in pages.
 *
 * **Leaf**: word 0 the number of entries, 1 and 2 the pages of its left and right neighbour, from word 4 on entries of
 * four words: start, end. **Inner node**: word 0 the number of children, from word 1 on slots of three words: a key and the
 * child's page. A key is a lower bound of the starts below its child; that of slot 0 is not looked at. A leaf may hold
 * few entries (nodes are freed when empty, not merged when sparse), never none, except for a root.
 *
 * Why this shape: an insert shifts at most 15 entries, so the number of atomic stores stays small however many
 * ranges there are, and a search touches few cache lines.
 *
 * **Reading while the owner changes it.** A reader in another thread may follow stale words, so every walk here is
 * bounded whatever the words say: by {@link MAX_HEIGHT}, by clamped counts, and by the number of pages. A page number outside
 * the view makes a search answer `NaN`. What such a walk answers is thrown away by the sequence check around it
 * (`control/layout.ts`).
 */
export const ROOT_AT = 5;
/** Levels; 1: the root is a leaf. */
export const HEIGHT_AT = 6;
export const RANGE_COUNT_AT = 7;
export const COVERED_BYTES_AT = 8;
/** Counts changes of coverage: a snapshot of the same number is the same. */
export const COVERAGE_VERSION_AT = 10;
/** 1 once a range has ended at 2^32 or later: until then all high words are 0, and a search need not load them. */
export const WIDE_AT = 24;

export const LEAF_ENTRIES = 15;
export const INNER_SLOTS = 21;
const LEAF_BASE = 4;
const INNER_BASE = 1;
export const ENTRY_WORDS = 4;
export const SLOT_WORDS = 3;
export const LEFT = 1;
export const RIGHT = 2;
/** Far above what 2^23 pages can need. */
const MAX_HEIGHT = 16;

/** Searches the coverage tree; every offset is a byte, every range half-open. */
export class CoverageTree {
  /** A view of all pages; replaced by whoever owns this object when the block has grown. */
  words: Int32Array;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Reads a word as a thread must that does not write it. */
  word(at: number): number {
    return Atomics.load(this.words, at);
  }

  /** Reads the 53-bit number in the words `at` and `at + 1`. */
  number(at: number): number {
    return this.word(at) * HIGH + (this.word(at + 1) >>> 0);
  }

  get rangeCount(): number {
    return this.word(RANGE_COUNT_AT);
  }

  get coveredBytes(): number {
    return this.number(COVERED_BYTES_AT);
  }

  get version(): number {
    return this.word(COVERAGE_VERSION_AT);
  }

  /** End of the last range; 0 if there is none. */
  get coveredEnd(): number {
    const entry = this.entryBefore(MAX_OFFSET);
    return entry > 0 ? this.number(entry + 2) : entry;
  }

  /** End of the covered run at `from`; `from` itself at a gap. */
  coveredUntil(from: number): number {
    const entry = this.entryBefore(from);
    if (!(entry > 0)) return entry === 0 ? from : NaN;
    const end = this.number(entry + 2);
    return end > from ? end : from;
  }

  /** Start of the covered run that reaches `until`; `until` itself where the byte before it is not covered. */
  coveredSince(until: number): number {
    const entry = until === 0 ? 0 : this.entryBefore(until - 1);
    if (!(entry > 0)) return entry === 0 ? until : NaN;
    return this.number(entry + 2) >= until ? this.number(entry) : until;
  }

  /** Start of the first range that starts at `from` or later; `Infinity` if there is none. */
  nextStart(from: number): number {
    const leaf = this.leafFor(from);
    if (Number.isNaN(leaf)) return NaN;
    const slot = this.entrySlot(leaf, from - 1) + 1;
    if (slot < this.count(leaf, LEAF_ENTRIES)) return this.number(entryAt(leaf, slot));
    const right = this.word(leaf * PAGE_WORDS + RIGHT);
    if (right === 0) return Infinity;
    return this.has(right) ? this.number(entryAt(right, 0)) : NaN;
  }

  /**
   * Writes all ranges into `bounds` as start, end, start, end …, and answers how many numbers it wrote: `NaN` if they do not
   * fit or the walk went astray, which happens only in a reader while the owner changes the tree.
   */
  copyTo(bounds: Float64Array): number {
    const { words } = this;
    let leaf = this.leafFor(0);
    let written = 0;
    // One step a page at most, so that stale neighbours cannot make a circle.
    for (let steps = words.length / PAGE_WORDS; steps > 0; steps -= 1) {
      if (!this.has(leaf)) return NaN;
      const count = this.count(leaf, LEAF_ENTRIES);
      if (written + 2 * count > bounds.length) return NaN;
      for (let slot = 0; slot < count; slot += 1) {
        const entry = entryAt(leaf, slot);
        bounds[written++] = this.number(entry);
        bounds[written++] = this.number(entry + 2);
      }
      leaf = this.word(leaf * PAGE_WORDS + RIGHT);
      if (leaf === 0) return written;
    }
    return NaN;
  }

  /** The word at which the last entry with `start <= at` begins; 0 if there is none, `NaN` when led astray. */
  protected entryBefore(at: number): number {
    const leaf = this.leafFor(at);
    return Number.isNaN(leaf) ? NaN : this.entryOf(leaf, this.entrySlot(leaf, at));
  }

  /** The word at which entry `slot` of a leaf begins; of the last one of its left neighbour for -1. As {@link entryBefore} otherwise. */
  protected entryOf(leaf: number, slot: number): number {
    if (slot >= 0) return entryAt(leaf, slot);
    // Keys are lower bounds only, so what lies before a leaf's first entry may reach into it.
    const left = this.word(leaf * PAGE_WORDS + LEFT);
    if (left === 0) return 0;
    if (!this.has(left)) return NaN;
    const count = this.count(left, LEAF_ENTRIES);
    return count > 0 ? entryAt(left, count - 1) : 0;
  }

  /** The leaf in which an entry with start `at` is or would be. */
  protected leafFor(at: number): number {
    let page = this.word(ROOT_AT);
    const height = Math.min(this.word(HEIGHT_AT), MAX_HEIGHT);
    const { wide } = this;
    for (let level = 1; level < height; level += 1) {
      if (!this.has(page)) return NaN;
      page = this.word(childAt(page, this.childSlot(page, at, wide)));
    }
    return this.has(page) ? page : NaN;
  }

  /** The slot of the child below which `at` lies; `wide` is loaded once for all levels. */
  protected childSlot(page: number, at: number, wide: boolean): number {
    let low = 0;
    let high = this.count(page, INNER_SLOTS) - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#key(slotAt(page, middle), wide) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The slot of the last entry of a leaf with `start <= at`; -1 if there is none. */
  protected entrySlot(page: number, at: number): number {
    const { wide } = this;
    let low = -1;
    let high = this.count(page, LEAF_ENTRIES) - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#key(entryAt(page, middle), wide) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** Whether the high words count. */
  protected get wide(): boolean {
    return this.word(WIDE_AT) !== 0;
  }

  protected count(page: number, limit: number): number {
    const count = this.word(page * PAGE_WORDS);
    return count > limit ? limit : count;
  }

  #key(at: number, wide: boolean): number {
    return wide ? this.number(at) : this.word(at + 1) >>> 0;
  }

  private has(page: number): boolean {
    return page > 0 && (page + 1) * PAGE_WORDS <= this.words.length;
  }
}

/** The word at which entry `slot` of a leaf begins: its start, and its end two words on. */
export function entryAt(page: number, slot: number): number {
  return page * PAGE_WORDS + LEAF_BASE + slot * ENTRY_WORDS;
}

/** The word at which the key of a slot of an inner node begins. */
export function slotAt(page: number, slot: number): number {
  return page * PAGE_WORDS + INNER_BASE + slot * SLOT_WORDS;
}

/** The word that holds the child's page of a slot of an inner node. */
export function childAt(page: number, slot: number): number {
  return slotAt(page, slot) + 2;
}
