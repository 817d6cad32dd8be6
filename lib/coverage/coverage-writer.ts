import { COVERAGE_VERSION_AT, COVERED_BYTES_AT, entryAt, RANGE_COUNT_AT, RIGHT, WIDE_AT } from './coverage-tree.js';
import { ENTRIES, removeItems } from './node-edits.js';
import { HIGH, PAGE_WORDS, type PageSource, storeNumber, storeWord } from './pages.js';
import { TreeEditor } from './tree-editor.js';

/** Removals after which a long change says that it is still at it. */
const MANY = 10_000;

/**
 * The owner's side of the coverage tree: what covering and uncovering a range does to the ranges that are there.
 *
 * {@link insert} and {@link subtract} expect to run inside a section (`control/layout.ts`), after {@link reserve}: from then on
 * nothing can fail. What it costs is O(log n), and O(log n) once for each range that a merge swallows, which was paid for by the insert
 * that made it.
 */
export class CoverageWriter extends TreeEditor {
  readonly #alive: () => void;

  /** @param alive - called every so often during a long change */
  constructor(pages: PageSource, alive: () => void = () => undefined) {
    super(pages);
    this.#alive = alive;
  }

  /** Covers `[start, end)`, not empty. */
  insert(start: number, end: number): void {
    if (end >= HIGH) storeWord(this.words, WIDE_AT, 1);
    let left = this.entryBefore(start);
    let leaf = this.leafFound;
    let first = this.slotFound + 1;
    this.forgetSearch();
    if (left > 0 && this.number(left + 2) < start) left = 0;
    if (left > 0) {
      // Grows the range before it, which may be the last one of the leaf before.
      if (first === 0) {
        leaf = this.descend(this.number(left));
        first = this.size(leaf);
      }
      first -= 1;
    }
    const from = left > 0 ? this.number(left) : start;
    let until = end;
    let swallowed = 0;
    let last = first;
    for (; last < this.size(leaf); last += 1) {
      const entry = entryAt(leaf, last);
      const entryStart = this.number(entry);
      if (entryStart > until) break;
      const entryEnd = this.number(entry + 2);
      swallowed += entryEnd - entryStart;
      if (entryEnd > until) until = entryEnd;
    }
    let count = last - first;
    if (last === this.size(leaf)) {
      for (;;) {
        const right = this.word(leaf * PAGE_WORDS + RIGHT);
        if (right === 0 || this.number(entryAt(right, 0)) > until) break;
        const entry = entryAt(right, 0);
        const entryStart = this.number(entry);
        const entryEnd = this.number(entry + 2);
        swallowed += entryEnd - entryStart;
        if (entryEnd > until) until = entryEnd;
        count += 1;
        if (count % MANY === 0) this.#alive();
        this.removeFirst(right);
      }
    }
    if (last > first) {
      storeNumber(this.words, entryAt(leaf, first), from);
      storeNumber(this.words, entryAt(leaf, first) + 2, until);
      removeItems(this.words, leaf, first + 1, last, ENTRIES);
    } else {
      this.add(leaf, first, from, until);
    }
    this.#account(1 - count, until - from - swallowed);
  }

  /** Uncovers `[start, end)`. */
  subtract(start: number, end: number): void {
    let at = this.coveredUntil(start) > start ? start : this.nextStart(start);
    for (let steps = 1; at < end; steps += 1) {
      if (steps % MANY === 0) this.#alive();
      const entry = this.entryBefore(at);
      const entryStart = this.number(entry);
      const entryEnd = this.number(entry + 2);
      const cutEnd = Math.min(entryEnd, end);
      if (entryStart < at) {
        storeNumber(this.words, entry + 2, at);
      } else {
        const leaf = this.descend(entryStart);
        this.remove(entryStart, leaf, this.entrySlot(leaf, entryStart));
        this.#account(-1, 0);
      }
      if (cutEnd < entryEnd) {
        // Filed anew even where only its start rises: a range may reach beyond the next leaf's key.
        const leaf = this.descend(cutEnd);
        this.add(leaf, this.entrySlot(leaf, cutEnd) + 1, cutEnd, entryEnd);
        this.#account(1, 0);
      }
      this.#account(0, at - cutEnd);
      at = this.nextStart(cutEnd);
    }
  }

  #account(ranges: number, bytes: number): void {
    const { words } = this;
    if (ranges !== 0) Atomics.store(words, RANGE_COUNT_AT, this.rangeCount + ranges);
    storeNumber(words, COVERED_BYTES_AT, this.coveredBytes + bytes);
    Atomics.store(words, COVERAGE_VERSION_AT, (this.version + 1) | 0);
  }
}
