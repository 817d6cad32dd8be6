import { childAt, CoverageTree, type EntryPosition, entryAt, slotAt } from './coverage-tree.js';
import { HEIGHT_AT, INNER_SLOTS, LEAF_ENTRIES, LEFT, RIGHT, ROOT_AT } from './tree-layout.js';
import {
  CHILDREN,
  ENTRIES,
  initialize,
  itemCount,
  type ItemLayout,
  link,
  moveItems,
  openItem,
  removeItem,
} from './node-edits.js';
import { PAGE_WORDS, type PageSource, storeNumber } from './pages.js';

/**
 * A coverage tree that can be changed, by the only thread that may. It does not merge ranges that
 * touch or overlap: {@link CoverageWriter} does. Splits of full nodes and removal of empty ones are
 * here. Each change costs O(log n).
 */
export class TreeEditor extends CoverageTree {
  readonly #pages: PageSource;

  constructor(pages: PageSource) {
    super(pages.words);
    this.#pages = pages;
    const root = pages.allocate();
    this.words = pages.words;
    initialize(this.words, root, 0);
    Atomics.store(this.words, ROOT_AT, root);
    Atomics.store(this.words, HEIGHT_AT, 1);
  }

  /** Makes sure that the next change finds its pages; throws `CAPACITY` before anything changed. */
  reserve(): void {
    this.#pages.reserve(this.word(HEIGHT_AT) + 1);
    this.words = this.#pages.words;
  }

  /** It is cached: a write first looks up whether its bytes are covered, and then covers them. */
  override find(at: number): EntryPosition {
    return at === this.found.at ? this.found : super.find(at);
  }

  /** The number of entries of a leaf. */
  size(leaf: number): number {
    return itemCount(this.words, leaf);
  }

  /** Replaces the entry in `slot`. */
  set(leaf: number, slot: number, start: number, end: number): void {
    this.found.at = NaN;
    storeNumber(this.words, entryAt(leaf, slot), start);
    storeNumber(this.words, entryAt(leaf, slot) + 2, end);
  }

  /**
   * Puts an entry into slot `slot` of the leaf where {@link find} finds its place. Splits a full
   * leaf.
   */
  add(leaf: number, slot: number, start: number, end: number): void {
    let page = leaf;
    let at = slot;
    if (this.size(leaf) === LEAF_ENTRIES) {
      this.descend(start);
      // Behind the last entry: leave the full leaf full, since ranges mostly come in ascending
      // order.
      const cut = slot === LEAF_ENTRIES ? LEAF_ENTRIES : LEAF_ENTRIES >> 1;
      const right = this.#split(leaf, cut, ENTRIES);
      const after = this.word(leaf * PAGE_WORDS + RIGHT);
      link(this.words, right, after);
      link(this.words, leaf, right);
      if (slot >= cut) {
        page = right;
        at = slot - cut;
      }
      // The smallest start that the new leaf will have.
      const separator = slot === cut ? start : this.number(entryAt(right, 0));
      this.#addChild(separator, right);
    }
    openItem(this.words, page, at, ENTRIES);
    this.set(page, at, start, end);
  }

  /** Removes the entry in `slot`, and a leaf that has no other. */
  remove(leaf: number, slot: number): void {
    if (this.size(leaf) > 1 || this.word(HEIGHT_AT) === 1) {
      this.found.at = NaN;
      removeItem(this.words, leaf, slot, ENTRIES);
      return;
    }
    this.descend(this.number(entryAt(leaf, slot)));
    const left = this.word(leaf * PAGE_WORDS + LEFT);
    const right = this.word(leaf * PAGE_WORDS + RIGHT);
    link(this.words, left, right);
    this.#pages.free(leaf);
    this.#removeChild();
  }

  /** Puts a new child behind the slots of the path, from the lowest inner node upwards. */
  #addChild(key: number, child: number): void {
    let newKey = key;
    let newChild = child;
    for (let level = this.word(HEIGHT_AT) - 2; level >= 0; level -= 1) {
      let page = this.path[level] ?? 0;
      let slot = (this.slots[level] ?? 0) + 1;
      let promoted = 0;
      let promotedKey = 0;
      if (this.size(page) === INNER_SLOTS) {
        const cut = slot === INNER_SLOTS ? INNER_SLOTS : INNER_SLOTS >> 1;
        promoted = this.#split(page, cut, CHILDREN);
        promotedKey = slot === cut ? newKey : this.number(slotAt(promoted, 0));
        if (slot >= cut) {
          page = promoted;
          slot -= cut;
        }
      }
      openItem(this.words, page, slot, CHILDREN);
      storeNumber(this.words, slotAt(page, slot), newKey);
      Atomics.store(this.words, childAt(page, slot), newChild);
      if (promoted === 0) return;
      newKey = promotedKey;
      newChild = promoted;
    }
    const root = this.#pages.allocate();
    const { words } = this;
    initialize(this.words, root, 2);
    storeNumber(words, slotAt(root, 0), 0);
    Atomics.store(words, childAt(root, 0), this.word(ROOT_AT));
    storeNumber(words, slotAt(root, 1), newKey);
    Atomics.store(words, childAt(root, 1), newChild);
    Atomics.store(words, ROOT_AT, root);
    Atomics.store(words, HEIGHT_AT, this.word(HEIGHT_AT) + 1);
  }

  /**
   * Removes the child at the end of the path from its parent, then each parent that is left empty,
   * then a root that has one child.
   */
  #removeChild(): void {
    const { words } = this;
    let level = this.word(HEIGHT_AT) - 2;
    for (; level >= 0; level -= 1) {
      const page = this.path[level] ?? 0;
      if (this.size(page) > 1) {
        const slot = this.slots[level] ?? 0;
        removeItem(words, page, slot, CHILDREN);
        break;
      }
      this.#pages.free(page);
    }
    while (this.word(HEIGHT_AT) > 1) {
      const root = this.word(ROOT_AT);
      if (this.size(root) > 1) break;
      Atomics.store(words, ROOT_AT, this.word(childAt(root, 0)));
      Atomics.store(words, HEIGHT_AT, this.word(HEIGHT_AT) - 1);
      this.#pages.free(root);
    }
  }

  /** Moves the items from `cut` on into a new page. */
  #split(page: number, cut: number, items: ItemLayout): number {
    const fresh = this.#pages.allocate();
    initialize(this.words, fresh, 0);
    moveItems(this.words, page, cut, fresh, items);
    return fresh;
  }
}
