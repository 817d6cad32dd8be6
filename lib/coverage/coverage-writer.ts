import { entryAt } from './coverage-tree.js';
import { COVERAGE_VERSION_AT, COVERED_BYTES_AT, RANGE_COUNT_AT, RIGHT, WIDE_AT } from './tree-layout.js';
import { MANY_REMOVALS } from './thresholds.js';
import { HIGH, PAGE_WORDS, type PageSource, storeNumber, storeWord } from './pages.js';
import { TreeEditor } from './tree-editor.js';

/**
 * Covers and uncovers ranges in the coverage tree, and merges or cuts those that are there.
 *
 * {@link insert} and {@link subtract} expect to run inside an update of the control block
 * (`control/layout.ts`), after {@link reserve}: from then on nothing can fail. Each costs O(log n),
 * and O(log n) for each range that a merge swallows. Every range is swallowed at most once, so an
 * insert costs O(log n) on average.
 */
export class CoverageWriter {
  /** The ranges. */
  readonly tree: TreeEditor;
  readonly #alive: () => void;

  /** @param alive - called every so often during a long change */
  constructor(pages: PageSource, alive: () => void) {
    this.tree = new TreeEditor(pages);
    this.#alive = alive;
  }

  /**
   * Makes sure that the next change finds its memory; throws `CAPACITY` before anything changed.
   */
  reserve(): void {
    this.tree.reserve();
  }

  /** Covers `[start, end)`, not empty. */
  insert(start: number, end: number): void {
    const { tree } = this;
    if (end >= HIGH) storeWord(tree.words, WIDE_AT, 1);
    let { leaf, slot: first } = tree.find(start);
    let from = start;
    const before = tree.entryOf(leaf, first);
    if (before > 0 && tree.number(before + 2) >= start) {
      // Grows the range before it, which may be the last one of the leaf before.
      from = tree.number(before);
      if (first < 0) ({ leaf, slot: first } = tree.find(from));
    } else {
      first += 1;
    }
    let until = end;
    let swallowed = 0;
    let count = 0;
    // Whether the entry in slot `first` is swallowed: it is replaced, all others are removed.
    let replaced = 0;
    for (;;) {
      let page = leaf;
      let slot = first + replaced;
      if (slot === tree.size(leaf)) {
        page = tree.word(leaf * PAGE_WORDS + RIGHT);
        slot = 0;
        if (page === 0) break;
      }
      const entry = entryAt(page, slot);
      const entryStart = tree.number(entry);
      if (entryStart > until) break;
      const entryEnd = tree.number(entry + 2);
      swallowed += entryEnd - entryStart;
      if (entryEnd > until) until = entryEnd;
      count += 1;
      if (count % MANY_REMOVALS === 0) this.#alive();
      if (page === leaf && replaced === 0) replaced = 1;
      else tree.remove(page, slot);
    }
    if (replaced === 1) tree.set(leaf, first, from, until);
    else tree.add(leaf, first, from, until);
    this.#account(1 - count, until - from - swallowed);
  }

  /** Uncovers `[start, end)`. */
  subtract(start: number, end: number): void {
    const { tree } = this;
    const first = tree.locate(start);
    let at = start < first.end ? start : first.next;
    let ranges = 0;
    let bytes = 0;
    for (let steps = 1; at < end; steps += 1) {
      if (steps % MANY_REMOVALS === 0) this.#alive();
      const { leaf, slot } = tree.find(at);
      const entry = tree.entryOf(leaf, slot);
      const entryStart = tree.number(entry);
      const entryEnd = tree.number(entry + 2);
      const cutEnd = Math.min(entryEnd, end);
      if (entryStart < at) {
        storeNumber(tree.words, entry + 2, at);
      } else {
        tree.remove(leaf, slot);
        ranges -= 1;
      }
      if (cutEnd < entryEnd) {
        // Added anew even where only its start rises: the new start may lie behind the next leaf's
        // key.
        const after = tree.find(cutEnd);
        tree.add(after.leaf, after.slot + 1, cutEnd, entryEnd);
        ranges += 1;
      }
      bytes += at - cutEnd;
      at = tree.locate(cutEnd).next;
    }
    if (bytes < 0) this.#account(ranges, bytes);
  }

  /** Called once by each insert or subtraction, however many ranges it changes. */
  #account(ranges: number, bytes: number): void {
    const { words, rangeCount, coveredBytes, version } = this.tree;
    if (ranges !== 0) Atomics.store(words, RANGE_COUNT_AT, rangeCount + ranges);
    storeNumber(words, COVERED_BYTES_AT, coveredBytes + bytes);
    Atomics.store(words, COVERAGE_VERSION_AT, (version + 1) | 0);
  }
}
