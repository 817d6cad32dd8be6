import {
  childAt,
  CoverageTree,
  entryAt,
  HEIGHT_AT,
  INNER_SLOTS,
  LEAF_ENTRIES,
  LEFT,
  RIGHT,
  ROOT_AT,
  slotAt,
} from './coverage-tree.js';
import {
  CHILDREN,
  ENTRIES,
  initialize,
  itemCount,
  type ItemLayout,
  link,
  moveItems,
  openItem,
  removeItems,
} from './node-edits.js';
import { PAGE_WORDS, type PageSource, storeNumber } from './pages.js';

/**
 * A coverage tree whose entries can be put in and taken out, by the only thread that may; it knows of no ranges that touch or overlap.
 * All bookkeeping of splits and of nodes that become empty is here. Each change costs O(log n).
 */
export abstract class TreeEditor extends CoverageTree {
  readonly #pages: PageSource;
  /** Inner pages and slots from the root to the leaf of the last {@link descend}. */
  readonly #path: number[] = [];
  readonly #slots: number[] = [];
  /** The last search, and what it found; `NaN`: there was a change since. */
  #searched = NaN;
  #leaf = 0;
  #slot = 0;

  constructor(pages: PageSource) {
    super(pages.words);
    this.#pages = pages;
    const root = pages.allocate();
    this.words = pages.words;
    initialize(this.words, root, 0);
    Atomics.store(this.words, ROOT_AT, root);
    Atomics.store(this.words, HEIGHT_AT, 1);
  }

  /** Nobody else writes: the owner sees its own stores however it reads. An atomic load is a call (8 ns, measured). */
  override word(at: number): number {
    return this.words[at] ?? 0;
  }

  /** Makes sure that the next change finds its pages; throws `CAPACITY` before anything changed. */
  reserve(): void {
    this.#pages.reserve(this.word(HEIGHT_AT) + 1);
    this.words = this.#pages.words;
  }

  /** The place is kept until something changes: what is about to be inserted was looked for just before. */
  protected override entryBefore(at: number): number {
    if (at !== this.#searched) {
      this.#leaf = this.descend(at);
      this.#slot = this.entrySlot(this.#leaf, at);
      this.#searched = at;
    }
    return this.entryOf(this.#leaf, this.#slot);
  }

  /** The leaf of the last search, and {@link slotFound} the slot; they hold until something is changed. */
  protected get leafFound(): number {
    return this.#leaf;
  }

  protected get slotFound(): number {
    return this.#slot;
  }

  /** What was found is about to be changed. */
  protected forgetSearch(): void {
    this.#searched = NaN;
  }

  /** Goes to the leaf for `at` and keeps the way there in the path; forgets the last search, as whoever asks is about to change something. */
  protected descend(at: number): number {
    this.forgetSearch();
    const inner = this.word(HEIGHT_AT) - 1;
    let page = this.word(ROOT_AT);
    const { wide } = this;
    for (let level = 0; level < inner; level += 1) {
      const slot = this.childSlot(page, at, wide);
      this.#path[level] = page;
      this.#slots[level] = slot;
      page = this.word(childAt(page, slot));
    }
    return page;
  }

  /** Puts an entry into slot `slot` of the leaf that {@link descend} for `start` leads to, splitting it if it is full. */
  protected add(leaf: number, slot: number, start: number, end: number): void {
    let page = leaf;
    let at = slot;
    if (this.size(leaf) === LEAF_ENTRIES) {
      this.descend(start);
      // Behind the last entry: leave the full leaf full, since ranges mostly come in ascending order.
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
    storeNumber(this.words, entryAt(page, at), start);
    storeNumber(this.words, entryAt(page, at) + 2, end);
  }

  /** Puts a new child behind the slots of the path, from the lowest inner node upwards. */
  #addChild(key: number, child: number): void {
    let newKey = key;
    let newChild = child;
    for (let level = this.word(HEIGHT_AT) - 2; level >= 0; level -= 1) {
      let page = this.#path[level] ?? 0;
      let slot = (this.#slots[level] ?? 0) + 1;
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

  protected removeFirst(leaf: number): void {
    this.remove(this.number(entryAt(leaf, 0)), leaf, 0);
  }

  /** Removes an entry; `key` is its start. */
  protected remove(key: number, leaf: number, slot: number): void {
    const size = this.size(leaf);
    if (size > 1 || this.word(HEIGHT_AT) === 1) {
      removeItems(this.words, leaf, slot, slot + 1, ENTRIES);
      return;
    }
    this.descend(key);
    const left = this.word(leaf * PAGE_WORDS + LEFT);
    const right = this.word(leaf * PAGE_WORDS + RIGHT);
    link(this.words, left, right);
    this.#pages.free(leaf);
    this.#removeChild();
  }

  /** Takes the child that the path leads to out of its parent, empty parents out of theirs, and a root of one child away. */
  #removeChild(): void {
    const { words } = this;
    let level = this.word(HEIGHT_AT) - 2;
    for (; level >= 0; level -= 1) {
      const page = this.#path[level] ?? 0;
      if (this.size(page) > 1) {
        const slot = this.#slots[level] ?? 0;
        removeItems(words, page, slot, slot + 1, CHILDREN);
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

  protected size(page: number): number {
    return itemCount(this.words, page);
  }

  /** Moves the items from `cut` on into a new page. */
  #split(page: number, cut: number, items: ItemLayout): number {
    const fresh = this.#pages.allocate();
    initialize(this.words, fresh, 0);
    moveItems(this.words, page, cut, fresh, items);
    return fresh;
  }
}
