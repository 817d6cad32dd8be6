/** A long change of the tree calls `alive` after so many removals. */
export const MANY_REMOVALS = 10_000;

/**
 * Lookups search a snapshot if there is one of the present coverage: that is several times faster
 * than the tree, since each load of shared memory is a call (7.5 ns, measured).
 *
 * They build one themselves after as many searches of the tree as there are ranges, and no change:
 * to copy a range costs about a tenth of one search, so a snapshot that a change makes useless has
 * cost little. Not before 64 searches, and not for more than 16,384 ranges, which take 256 KiB.
 */
export const FEW_SEARCHES = 64;
export const MANY_RANGES = 16_384;
