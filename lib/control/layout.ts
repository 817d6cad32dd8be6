/**
 * The control block: everything about one resource that a wait in any thread depends on, once.
 *
 * It is a growable buffer of pages (see `coverage/pages.ts`). Its first page is this header; the
 * others hold the coverage tree, the texts (identity, reason of a failure) and the words that
 * readers sleep on.
 *
 * **Who writes what.** The owner's thread is the only writer of all state. Any thread may add to
 * `WANTS`, to `ARRIVALS` and to the wake-up words, store `PAUSE`, and set the bit `GONE`. Readers
 * add 0 to `GENERATION` and to the stamps to order their reads of bytes.
 *
 * **Why no torn state is seen.** The words from `STATE` to `REASON` and the coverage tree are
 * protected by a seqlock: the owner changes them only inside an *update*. It stores an odd number
 * in `SEQUENCE`, makes its changes, and stores the next even one. A reader loads `SEQUENCE` (even:
 * s), reads what it wants, and loads `SEQUENCE` again; unless both are s it starts over. Every one
 * of these loads and stores goes through `Atomics`, on both sides. ECMAScript puts them all into
 * one total order that agrees with each thread's program order (sequential consistency). If both
 * loads returned s, then every store of an earlier update lies before the reader's first load (the
 * update's last store is the one that put s there), and every store of a later one behind its
 * second (its first store is the one that takes s away). So the reader saw precisely the state
 * between two updates. Plain accesses would not do: on a weakly ordered CPU the writer's plain
 * stores may overtake its store to `SEQUENCE`, and the reader's plain loads may be satisfied after
 * its second load of it. x64 reorders neither and would never show the mistake. `SEQUENCE` wraps
 * after 2^31 updates, so a reader would have to sleep through exactly that many between the two
 * loads to miss them.
 *
 * **What a reader remembers.** A reader keeps what its last reads have found: the state, the known
 * length, one covered run with the gap behind it, and the last snapshot. It believes them only if a
 * new read begins with the two loads `SEQUENCE`, then `EPOCH`, and both are as they were when those
 * reads were validated. Then no update has begun since: each adds to `SEQUENCE` before it changes
 * anything. So what is remembered is the state at the moment of the new load of `SEQUENCE`, and a
 * walk through the tree would find the same. That holds for updates that shrink coverage (a commit,
 * a replacement, an eviction) as for those that add to it, since they are updates like all others:
 * whoever takes bytes away changes coverage first, in an update. A read that was not validated, or
 * ended by an exception, leaves `unsure` set (`coverage/shared-tree.ts`), and the next one forgets.
 *
 * A remembered run may be old, so here `SEQUENCE` may have wrapped: 2^31 updates take half an hour
 * at full speed. `EPOCH` tells. Between two equal numbers of `SEQUENCE` its sign changes twice, and
 * the owner adds to `EPOCH` once it sees a new sign, before its next update begins. So at least the
 * first of the two additions comes before `SEQUENCE` is the old number again; whoever loads that,
 * and `EPOCH` afterwards, finds another `EPOCH`. (Loaded first, it could be one from before the
 * wrap.) `EPOCH` itself would wrap after 2^60 updates.
 *
 * A snapshot outlives updates that change no coverage: its version is compared (`COVERAGE_VERSION`,
 * changed by each update that changes ranges). Only one whose copy was validated is kept. To
 * compare versions alone would not do: a block that has grown since the read began may have the
 * version of now and pages that the reader's view does not reach yet. The version counts one for
 * each insert or subtraction, of which an update makes fewer than four, so it does not come round
 * within one epoch; a new epoch drops the snapshot.
 *
 * The owner has it easier: it forgets at the end of each update.
 *
 * **Why bytes are there when coverage says so.** The owner stores bytes first (plainly) and covers
 * them in an update afterwards; a reader loads coverage first and bytes afterwards. Its load of
 * `SEQUENCE` that read the store which closed the update synchronizes with it, so the bytes happen
 * before the read. A reader of committed content need not load coverage again while `GENERATION` is
 * the same: it has loaded it after the update that committed the content, and what takes bytes away
 * changes the generation first.
 *
 * **Why a copy never holds other bytes** where bytes are evicted is argued in `control/stamps.ts`.
 *
 * **Why no wake-up is lost** is argued in `control/cell-layout.ts`.
 */
export const MAGIC_AT = 0;
export const VERSION_AT = 1;
/** Odd while the owner changes what follows. */
export const SEQUENCE_AT = 2;
export const STATE_AT = 3;
/**
 * Counts commits, replacements and reactivations, each inside its update: they may replace bytes
 * that readers are reading, and move them elsewhere. A read is valid only if it is the same before
 * and after.
 */
export const GENERATION_AT = 4;
// Words 5 to 10, and 24, belong to the coverage tree: see `coverage/tree-layout.ts`.
export const FINAL_LENGTH_AT = 11;
export const HAS_EXPECTED_AT = 13;
export const EXPECTED_LENGTH_AT = 14;
/** First page of a text; 0: none. */
export const IDENTITY_AT = 16;
export const REASON_AT = 17;
/**
 * A page of a text. Word 0: the next page, 1: the number of UTF-16 code units of the whole text;
 * then one unit a word, as many as a page has room for.
 */
export const TEXT_BASE = 2;
export const TEXT_UNITS = 62;
/** Counts changes of state, lengths and identity. */
export const STATUS_VERSION_AT = 18;
/** Header, root of the coverage tree, and a few more: one page of the operating system. */
export const INITIAL_BYTES = 4096;
/**
 * Reserved address space of a control block, 512 MiB: more than a million ranges however badly they
 * fill their pages.
 */
export const MAX_BYTES = 536_870_912;
/** Pages that the buffer has room for; stored before an update refers to a new one. */
export const PAGES_AT = 19;
/** The owner's thread, as a 53-bit token. */
export const OWNER_AT = 20;
/** First page of wake-up words. */
export const WAKE_PAGES_AT = 22;
/** Counts, by two, how often the sign of `SEQUENCE` has changed; its lowest bit is {@link GONE}. */
export const EPOCH_AT = 23;
/**
 * The bit of `EPOCH` that is set once the owner's thread has ended, or is about to: nobody writes
 * or interrupts any more. Content that was not committed counts as closed then.
 */
export const GONE = 1;
/** The first of the stamps (`control/stamps.ts`); 0 where the driver does not evict. */
export const STAMPS_AT = 25;
/** Bytes of content for each stamp. */
export const STAMP_BLOCK = 65_536;
/**
 * A prime: a window of 2^n bytes gives up the blocks that lie 2^n bytes behind those that are read.
 * Modulo a power of two they would share their words.
 */
export const STAMPS = 1021;
/** How many covered bytes were evicted so far, in 53 bits. */
export const EVICTED_BYTES_AT = 26;
// A cache line of their own for what readers write.
/**
 * Counts changes of what readers want; the owner re-reads their cells when it has changed, and may
 * sleep on it.
 */
export const WANTS_AT = 32;
/**
 * Microseconds for which a reader that cannot get a whole snapshot asks the owner to pause before
 * its next update.
 */
export const PAUSE_AT = 33;
/**
 * The longest pause of the owner, in microseconds. A reader ends the pause when it is done; one
 * that was terminated costs the owner this much once.
 */
export const LONGEST_PAUSE = 1_000_000;

/**
 * Counts the waits of all threads that became pending: the order in which they did, without a
 * clock.
 *
 * Clocks would do where they are shared. `performance.timeOrigin + performance.now()` follows no
 * wall clock that is set, and is the same in all threads of Node 20 to 26 (measured) and, by the
 * standard, in all contexts of a browser that can reach each other (W3C High Resolution Time, "the
 * estimated monotonic time of the Unix epoch"). But browsers coarsen it, to 100 µs where memory is
 * not shared and 5 µs where it is, and many waits can arrive within that.
 */
export const ARRIVALS_AT = 34;

export const MAGIC = 0x54_49_44_45; // "TIDE"
/** The version of control block, reader cell and handle: they are sent together. */
export const PROTOCOL = 5;

export const ACTIVE = 0;
export const COMMITTED = 1;
export const FAILED = 2;
export const CANCELLED = 3;
export const CLOSED = 4;
