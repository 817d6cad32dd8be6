import { childAt, entryAt, slotAt } from '../../lib/coverage/coverage-tree.js';
import { HEIGHT_AT, INNER_SLOTS, LEAF_ENTRIES, LEFT, RIGHT, ROOT_AT } from '../../lib/coverage/tree-layout.js';
import { loadNumber, PAGE_WORDS } from '../../lib/coverage/pages.js';

/** Throws unless the words form a well-made coverage tree: see the model in `tree-layout.ts`. */
export function checkStructure(words: Int32Array): void {
  const leaves: number[] = [];
  const seen = new Set<number>();
  const word = (at: number): number => words[at] ?? 0;
  const fail = (what: string, page: number): never => {
    throw new Error(`page ${page}: ${what}`);
  };
  const visit = (page: number, level: number, low: number, high: number): void => {
    if (seen.has(page)) fail('reached twice', page);
    seen.add(page);
    const count = word(page * PAGE_WORDS);
    const isRoot = page === word(ROOT_AT);
    if (level === word(HEIGHT_AT)) {
      if (count > LEAF_ENTRIES || (count === 0 && word(HEIGHT_AT) > 1)) fail(`a leaf of ${count} entries`, page);
      let end = -1;
      for (let slot = 0; slot < count; slot += 1) {
        const start = loadNumber(words, entryAt(page, slot));
        if (start <= end || start < low || start >= high) fail(`entry ${slot} starts at ${start}`, page);
        end = loadNumber(words, entryAt(page, slot) + 2);
        if (end <= start) fail(`entry ${slot} ends at ${end}`, page);
      }
      leaves.push(page);
      return;
    }
    if (count > INNER_SLOTS || count === 0 || (isRoot && count < 2)) fail(`an inner node of ${count} children`, page);
    for (let slot = 0; slot < count; slot += 1) {
      const from = slot === 0 ? low : loadNumber(words, slotAt(page, slot));
      const to = slot + 1 < count ? loadNumber(words, slotAt(page, slot + 1)) : high;
      if (from >= to) fail(`slot ${slot} spans [${from}, ${to})`, page);
      visit(word(childAt(page, slot)), level + 1, from, to);
    }
  };
  visit(word(ROOT_AT), 1, 0, Infinity);
  leaves.forEach((page, index) => {
    if (word(page * PAGE_WORDS + LEFT) !== (leaves[index - 1] ?? 0)) fail('wrong left neighbour', page);
    if (word(page * PAGE_WORDS + RIGHT) !== (leaves[index + 1] ?? 0)) fail('wrong right neighbour', page);
  });
}
