/**
 * A reader's cell: the small shared buffer between the owner of a resource and one reader in
 * another thread.
 *
 * The reader writes what it wants; the owner writes interrupts and that the port is closed. Each
 * port has a cell of its own, which is never reused, so what a terminated reader left in it does no
 * harm. The reader's side is in `reader-cell.ts`, the owner's in `port-cell.ts`.
 *
 * **The wake-up protocol.** A reader that has to wait does, in this order:
 *
 * 1. `publish` what it wants, then add to `WANTS` in the control block;
 * 2. `acknowledge`: load its wake-up word: t; then clear `PINGED`;
 * 3. look at coverage, state and interrupts; if they settle the wait, withdraw and return;
 * 4. sleep on the wake-up word unless it is no longer t; when woken, go to 2.
 *
 * The owner, when it changed something, does:
 *
 * A. finish the update (or the interrupt) that holds the change;
 * B. load `WANTS`, and where it is new re-read the cells that changed;
 * C. for each reader whose want the change completes: exchange `PINGED` with 1; if it was 0, add to
 *    the wake-up word and notify.
 *
 * All of it is sequentially consistent, so one of two orders holds. If A comes before 3, the reader
 * sees the change. Else 1 came before 3, and 3 before A, so before B: the owner sees the want, and
 * reaches C. If it exchanges `PINGED` from 0, the word moves beyond t, since step 2 lies before 3:
 * either the reader has not begun to sleep, and the comparison in 4 fails, or it sleeps, and the
 * notification reaches it (`Atomics.wait` compares and falls asleep as one step, and so does
 * `Atomics.waitAsync`; without the latter, `when-word-changes.ts` compares again and again). If
 * `PINGED` was 1 already, then some earlier change set it after step 2 had cleared it (it is
 * cleared before 3, and 3 lies before A), and added to the word after that, so after t was loaded:
 * the word is beyond t all the same. (That is why t is loaded first. Cleared first, an earlier
 * change could set `PINGED` and move the word between the two, and this change, finding 1, would
 * move nothing that t does not include.) So no wake-up is lost. To wake a reader without need costs
 * it one more look at the state.
 *
 * The owner skips a cell that it finds half-written (`WANT_SEQUENCE` odd). That reader has not
 * added to `WANTS` yet, so it looks at coverage after this change, and the next change finds a new
 * `WANTS`.
 */
export const ATTACHED_AT = 0;
export const READER_CLOSED_AT = 1;
/**
 * Set by the owner when it wakes the reader, cleared by the reader before it looks at the state.
 */
export const PINGED_AT = 2;
/** Odd while the reader writes what follows. */
export const WANT_SEQUENCE_AT = 3;
export const WANT_COUNT_AT = 4;
/** A change in this range wakes the reader even if it completes no want. */
export const WATCH_START_AT = 5;
export const WATCH_END_AT = 7;
/** The last interrupt whose token the reader has taken. */
export const TAKEN_AT = 9;
/** The last interrupt that has ended a wait. */
export const DELIVERED_AT = 10;
export const WANTS_BASE = 32;
/** start (2), end (2), neededBy (2), since (2), flags, order. */
export const WANT_WORDS = 12;
/**
 * The most wants that a cell holds. An asynchronous reader that has more publishes the most urgent.
 */
export const CELL_WANTS = 8;
// A cache line of its own for what the owner writes.
export const PORT_CLOSED_AT = 16;
/** Odd while the owner writes an interrupt; counts them by two. */
export const INTERRUPT_AT = 17;
export const TOKEN_AT = 18;
export const HAS_TOKEN_AT = 20;

// What only drivers with a window look at; see `place-notes.ts`, `kept-waits.ts`, `reader-news.ts`.
/** A reader reads at so many places. */
export const PLACES = 4;
export const PLACE_WORDS = 4;
export const PLACES_BASE = WANTS_BASE + CELL_WANTS * WANT_WORDS;
/** The most bare waits whose bytes are kept. */
export const MOST_KEPT = 4;
export const KEPT_BASE = PLACES_BASE + PLACES * PLACE_WORDS;
/** 0: the owner is to be told of what comes after this; see `reader-news.ts`. */
export const TOLD_AT = KEPT_BASE + 2;
/** The first of them; before it their number, and what counts changes. */
export const KEPT_WAITS_BASE = KEPT_BASE + 4;

const CELL_WORDS = KEPT_WAITS_BASE + MOST_KEPT * WANT_WORDS;
export const CELL_BYTES = CELL_WORDS * 4;

export const BLOCKING = 1;
export const HAS_NEEDED_BY = 2;

/**
 * One wait as a reader publishes it in its cell: half-open range in bytes, times in epoch
 * milliseconds.
 */
export interface Want {
  readonly start: number;
  readonly end: number;
  readonly since: number;
  /** What its `ARRIVALS` was: see `control/layout.ts`. */
  readonly order: number;
  readonly blocking: boolean;
  readonly neededBy: number | undefined;
}
