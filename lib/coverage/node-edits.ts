import { entryAt, slotAt } from './coverage-tree.js';
import { ENTRY_WORDS, LEFT, RIGHT, SLOT_WORDS } from './tree-layout.js';
import { PAGE_WORDS, storeWord } from './pages.js';

/** How the items of a node lie in its page (see the model in `tree-layout.ts`). */
export interface ItemLayout {
  /** The word at which an item begins. */
  readonly at: (page: number, slot: number) => number;
  /** How many words it takes. */
  readonly width: number;
}

/** The ranges of a leaf. */
export const ENTRIES: ItemLayout = { at: entryAt, width: ENTRY_WORDS };
/** The children of an inner node. */
export const CHILDREN: ItemLayout = { at: slotAt, width: SLOT_WORDS };

/** The number of items of a node; for the owner, who may read plainly. */
export function itemCount(words: Int32Array, page: number): number {
  return words[page * PAGE_WORDS] ?? 0;
}

/** Makes a page a node without neighbours. */
export function initialize(words: Int32Array, page: number, size: number): void {
  const at = page * PAGE_WORDS;
  Atomics.store(words, at, size);
  Atomics.store(words, at + LEFT, 0);
  Atomics.store(words, at + RIGHT, 0);
}

/** Makes two leaves neighbours; either may be 0, none. */
export function link(words: Int32Array, left: number, right: number): void {
  if (left !== 0) Atomics.store(words, left * PAGE_WORDS + RIGHT, right);
  if (right !== 0) Atomics.store(words, right * PAGE_WORDS + LEFT, left);
}

/** Makes room for one item in slot `slot`. */
export function openItem(words: Int32Array, page: number, slot: number, { at, width }: ItemLayout): void {
  const size = itemCount(words, page);
  const from = at(page, slot);
  for (let word = at(page, size) - 1; word >= from; word -= 1) storeWord(words, word + width, words[word] ?? 0);
  Atomics.store(words, page * PAGE_WORDS, size + 1);
}

/** Removes the item in slot `slot`. */
export function removeItem(words: Int32Array, page: number, slot: number, { at, width }: ItemLayout): void {
  const size = itemCount(words, page) - 1;
  move(words, at(page, slot + 1), at(page, slot), (size - slot) * width);
  Atomics.store(words, page * PAGE_WORDS, size);
}

/** Moves the items of `page` from slot `cut` on to `fresh`, which has none. */
export function moveItems(
  words: Int32Array,
  page: number,
  cut: number,
  fresh: number,
  { at, width }: ItemLayout,
): void {
  const size = itemCount(words, page);
  move(words, at(page, cut), at(fresh, 0), (size - cut) * width);
  Atomics.store(words, fresh * PAGE_WORDS, size - cut);
  Atomics.store(words, page * PAGE_WORDS, cut);
}

/** Moves words to a lower address or another page. */
function move(words: Int32Array, from: number, to: number, count: number): void {
  for (let index = 0; index < count; index += 1) storeWord(words, to + index, words[from + index] ?? 0);
}
