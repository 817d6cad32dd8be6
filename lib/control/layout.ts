/**
 * The control block: everything about one resource that a wait in any thread depends on, once.
 *
 * It is a growable buffer of pages (see `coverage/pages.ts`). Its first page is this header; the others hold the coverage
 * tree, the texts (identity, reason of a failure) and the words that readers sleep on.
 *
 * **Who writes what.** The owner's thread is the only writer of all state. Any thread may add to `WANTS` and to the wake-up words,
 * store `HOLD`, and set `GONE`; readers add 0 to `GENERATION` to order their reads of bytes.
 *
 * **Why no torn state is seen.** The owner changes the words from `STATE` to `REASON` and the coverage tree only inside a
 * *section*: it stores an odd number in `SEQUENCE`, makes its changes, and stores the next even one. A reader loads
 * `SEQUENCE` (even: s), reads what it wants, and loads `SEQUENCE` again; unless both are s it starts over. Every one of
 * these loads and stores goes through `Atomics`, on both sides. ECMAScript puts them all into one total order that agrees
 * with each thread's program order (sequential consistency). If both loads returned s, then every store of an earlier
 * section lies before the reader's first load (the section's last store is the one that put s there), and every store
 * of a later one behind its second (its first store is the one that takes s away). So the reader saw precisely the state
 * between two sections. Plain accesses would not do: on a weakly ordered CPU the writer's plain stores may overtake
 * its store to `SEQUENCE`, and the reader's plain loads may be satisfied after its second load of it. x64 reorders neither
 * and would never show the mistake. `SEQUENCE` wraps after 2^31 sections, so a reader would have to sleep through exactly
 * that many to be fooled.
 *
 * **Why bytes are there when coverage says so.** The owner stores bytes first (plainly) and covers them in a section
 * afterwards; a reader loads coverage first and bytes afterwards. Its load of `SEQUENCE` that read the store which closed the section
 * synchronizes with it, so the bytes happen before the read. A reader of committed content need not look again while `GENERATION` is the
 * same: that look was behind the section that committed it, and whatever takes bytes away changes the generation first.
 *
 * **Why no wake-up is lost** is argued in `control/cell-layout.ts`.
 */
export const MAGIC_AT = 0;
export const VERSION_AT = 1;
/** Odd while the owner changes what follows. */
export const SEQUENCE_AT = 2;
export const STATE_AT = 3;
/**
 * Counts commits, replacements and reactivations, each inside its section: they may replace bytes that readers are reading, and move them
 * elsewhere. A read is valid only if it is the same before and after.
 */
export const GENERATION_AT = 4;
// Words 5 to 10, and 24, belong to the coverage tree: see `coverage/coverage-tree.ts`.
export const FINAL_LENGTH_AT = 11;
export const HAS_EXPECTED_AT = 13;
export const EXPECTED_LENGTH_AT = 14;
/** First page of a text; 0: none. */
export const IDENTITY_AT = 16;
export const REASON_AT = 17;
/** Counts changes of state, lengths and identity. */
export const STATUS_VERSION_AT = 18;
/** Pages that the buffer has room for; stored before a section refers to a new one. */
export const PAGES_AT = 19;
/** The owner's thread, as a 53-bit token. */
export const OWNER_AT = 20;
/** First page of wake-up words. */
export const WAKE_PAGES_AT = 22;
/** Set once the owner is known to be gone without having closed. */
export const GONE_AT = 23;
// A cache line of their own for what readers write.
/** Counts changes of what readers want; the owner re-reads their cells when it has changed, and may sleep on it. */
export const WANTS_AT = 32;
/** Microseconds for which a reader that cannot get a whole snapshot asks the owner to hold off its next section. */
export const HOLD_AT = 33;

export const MAGIC = 0x54_49_44_45; // "TIDE"
/** Of control block, reader cell and handle together: they travel together. */
export const PROTOCOL = 2;

export const ACTIVE = 0;
export const COMMITTED = 1;
export const FAILED = 2;
export const CANCELLED = 3;
export const CLOSED = 4;
