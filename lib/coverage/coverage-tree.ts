import { HIGH, PAGE_WORDS } from './pages.js';
import { Place } from './place.js';
import {
  COVERAGE_VERSION_AT,
  COVERED_BYTES_AT,
  ENTRY_WORDS,
  HEIGHT_AT,
  INNER_BASE,
  INNER_SLOTS,
  LEAF_BASE,
  LEAF_ENTRIES,
  LEFT,
  MAX_HEIGHT,
  RANGE_COUNT_AT,
  RIGHT,
  ROOT_AT,
  SLOT_WORDS,
  WIDE_AT,
} from './tree-layout.js';

/**
 * Where an entry of the tree is, or would be: a slot of a leaf. -1: before the leaf's first entry.
 */
export interface EntryPosition {
  readonly leaf: number;
  readonly slot: number;
}

/** Searches the coverage tree (`tree-layout.ts`); every offset is a byte, every range half-open. */
export class CoverageTree {
  /** A view of all pages. The owner of this object replaces it when the block has grown. */
  words: Int32Array;
  /** Set by a walk that met what cannot be; only a reader in another thread does. */
  astray = false;
  /** What {@link find} found last, reused by each search. */
  protected readonly found = { leaf: 0, slot: 0, at: NaN };
  /** Inner pages and slots from the root to the leaf of the last {@link descend}. */
  protected readonly path: number[] = [];
  protected readonly slots: number[] = [];
  /** True if a high word may be other than 0; loaded once for each descent. */
  #wide = false;

  constructor(words: Int32Array) {
    this.words = words;
  }

  /** Reads a word. */
  word(at: number): number {
    return this.words[at] ?? 0;
  }

  /** Reads the number of a page; 0: none. */
  protected page(at: number): number {
    return this.word(at);
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

  /** Fills in and returns the place of `at`. */
  locate(at: number, place = new Place()): Place {
    const { leaf, slot } = this.find(at);
    const entry = this.entryOf(leaf, slot);
    place.start = entry && this.key(entry);
    place.end = entry && this.key(entry + 2);
    if (slot + 1 < this.count(leaf, LEAF_ENTRIES)) {
      place.next = this.key(entryAt(leaf, slot + 1));
    } else {
      const right = this.page(leaf * PAGE_WORDS + RIGHT);
      place.next = right !== 0 ? this.key(entryAt(right, 0)) : Infinity;
    }
    return place;
  }

  /**
   * Writes all ranges into `bounds` as start, end, start, end …, and returns how many numbers they
   * are. Those that do not fit, which only a reader meets while the owner changes the tree, are
   * counted, not written, and end the walk.
   */
  copyTo(bounds: Float64Array): number {
    let leaf = this.descend(0);
    let written = 0;
    // One step a page at most, so that stale neighbours cannot make a circle.
    for (let steps = this.words.length; leaf !== 0 && written <= bounds.length && steps > 0; steps -= PAGE_WORDS) {
      const count = this.count(leaf, LEAF_ENTRIES);
      for (let slot = 0; slot < count; slot += 1) {
        const entry = entryAt(leaf, slot);
        bounds[written++] = this.key(entry);
        bounds[written++] = this.key(entry + 2);
      }
      leaf = this.page(leaf * PAGE_WORDS + RIGHT);
    }
    return written;
  }

  /**
   * Finds the last entry with `start <= at`. The result is one object, valid until the next call or
   * change.
   */
  find(at: number): EntryPosition {
    const { found } = this;
    const leaf = this.descend(at);
    found.leaf = leaf;
    found.slot = this.#search(entryAt(leaf, 0), ENTRY_WORDS, at, -1, this.count(leaf, LEAF_ENTRIES));
    found.at = at;
    return found;
  }

  /**
   * The word at which entry `slot` of a leaf begins; for -1 that of the last entry before the leaf,
   * 0 if there is none.
   */
  entryOf(leaf: number, slot: number): number {
    if (slot >= 0) return entryAt(leaf, slot);
    // Keys are lower bounds only, so what lies before a leaf's first entry may reach into it.
    const left = this.page(leaf * PAGE_WORDS + LEFT);
    if (left === 0) return 0;
    const count = this.count(left, LEAF_ENTRIES);
    return count > 0 ? entryAt(left, count - 1) : 0;
  }

  /**
   * Descends to the leaf in which an entry with start `at` is or would be, and keeps the path to
   * it.
   */
  protected descend(at: number): number {
    this.found.at = NaN;
    this.#wide = this.word(WIDE_AT) !== 0;
    const inner = Math.min(this.word(HEIGHT_AT), MAX_HEIGHT) - 1;
    let page = this.page(ROOT_AT);
    for (let level = 0; level < inner; level += 1) {
      const slot = this.#search(slotAt(page, 0), SLOT_WORDS, at, 0, this.count(page, INNER_SLOTS));
      this.path[level] = page;
      this.slots[level] = slot;
      page = this.page(childAt(page, slot));
    }
    return page;
  }

  /** The last of `size` slots whose key is `at` or less; `low` if there is none behind that. */
  #search(first: number, width: number, at: number, low: number, size: number): number {
    let slot = low;
    let high = size - 1;
    while (slot < high) {
      const middle = (slot + high + 1) >> 1;
      if (this.key(first + middle * width) <= at) slot = middle;
      else high = middle - 1;
    }
    return slot;
  }

  protected count(page: number, limit: number): number {
    const count = this.word(page * PAGE_WORDS);
    return count > limit ? limit : count;
  }

  /** Reads an offset in the tree, as {@link number}. */
  protected key(at: number): number {
    return this.#wide ? this.number(at) : this.word(at + 1) >>> 0;
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
