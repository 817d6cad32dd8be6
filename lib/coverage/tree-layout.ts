/**
 * The coverage tree: the ordered, disjoint, non-touching ranges that were written, as a B+ tree in
 * pages.
 *
 * **Leaf**: word 0 the number of entries, 1 and 2 the pages of its left and right neighbour, from
 * word 4 on entries of four words: start, end. **Inner node**: word 0 the number of children, from
 * word 1 on slots of three words: a key and the child's page. A key is a lower bound of the starts
 * below its child; that of slot 0 is not used. A leaf may hold few entries (nodes are freed when
 * empty, not merged when sparse), never none, except for a root.
 *
 * Why this shape: an insert shifts at most 15 entries, so the number of atomic stores stays small
 * however many ranges there are, and a search touches few cache lines.
 *
 * The owner reads it plainly. How another thread reads it while the owner changes it is in
 * `shared-tree.ts`.
 */
export const ROOT_AT = 5;
/** Levels; 1: the root is a leaf. */
export const HEIGHT_AT = 6;
export const RANGE_COUNT_AT = 7;
export const COVERED_BYTES_AT = 8;
/**
 * Counts changes of coverage, one for each insert or subtraction: two snapshots of one number are
 * the same.
 */
export const COVERAGE_VERSION_AT = 10;
/**
 * 1 once a range has ended at 2^32 or later: until then all high words are 0, and a search need not
 * load them.
 */
export const WIDE_AT = 24;

export const LEAF_ENTRIES = 15;
export const INNER_SLOTS = 21;
export const LEAF_BASE = 4;
export const INNER_BASE = 1;
export const ENTRY_WORDS = 4;
export const SLOT_WORDS = 3;
export const LEFT = 1;
export const RIGHT = 2;
/** Far above what 2^23 pages can need. */
export const MAX_HEIGHT = 16;
