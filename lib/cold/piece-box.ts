import { CELL_BYTES } from '../control/cell-layout.js';

/**
 * The piece box: how a reader in another thread gets *cold* bytes, which only the owner's thread
 * can read. Each reader has one of its own, behind its cell.
 *
 * The reader asks for a piece, and the owner copies it into the box. What lies in the box is no
 * cache: it answers one ask, and nobody else reads it.
 *
 * **The order.** The reader, which has found bytes covered and cold:
 *
 * 1. adds to `ASK` (odd), stores start and length, adds to `ASK` (even: a), then adds to `WANTS` in
 *    the control block, and notifies it;
 * 2. loads its wake-up word, and clears `PINGED` (step 2 of `control/cell-layout.ts`);
 * 3. looks whether the owner has ended; loads `GIVEN`, and if it is a, copies the piece and is
 *    done; else looks at coverage and interrupts, which may end the wait;
 * 4. sleeps on the wake-up word unless it has changed since 2; when woken, goes to 2.
 *
 * The owner, which listens to `WANTS` as long as a port is open:
 *
 * A. loads `WANTS`, then `ASK` of each box: a. It skips the box if a is odd, or was answered;
 * B. loads start and length, then `ASK` again, and skips the box unless that is still a;
 * C. copies what is covered of that into the box (plain stores), stores length and generation;
 * D. stores a in `GIVEN`;
 * E. pings the reader (step C of `control/cell-layout.ts`).
 *
 * **Why no byte is torn.** The reader copies only after it has found its own last a in `GIVEN`. The
 * store in D that it has read comes after all of C, so C happens before the copy. The owner writes
 * into the box again only for another a, which it loads from `ASK` after the reader has stored it
 * in 1, so after the reader has copied, or has given up: it then never copies without the new a in
 * `GIVEN`. A reader has one ask at a time, so `GIVEN` cannot be an a of later. `ASK` wraps after
 * 2^31 asks, and is compared with the last one only.
 *
 * **Why no wake-up is lost.** Four things end the wait, and each of them changes something first
 * and wakes the reader afterwards: an answer (D, then E); a change of coverage or state (the
 * update, then step C of the protocol); an interrupt, or the close of the port (the word in the
 * cell, then a ping); the end of the owner (`GONE`, or `CLOSED` in the control block, then all
 * wake-up words).
 * The reader looks at all four in 3, between 2 and 4, so the argument of `control/cell-layout.ts`
 * holds for each: either it sees the change in 3, or the change comes after 3, so after 2, and the
 * wake-up moves the word beyond what was loaded in 2. The time-out is the reader's own.
 *
 * An ask that follows 2 (an asynchronous reader has several things to fetch, and asks for the next
 * when it has one) needs no 2 of its own: its answer comes after it, so after 2.
 *
 * **Why no ask is overlooked.** The owner that skips an odd a, or one that changes in B, does so
 * before the reader adds to `WANTS`. It loaded `WANTS` before that (A), so it is woken, and looks
 * again. The same holds for an ask that comes when the owner has gone past the box.
 *
 * **Who gives up** (an interrupt, a time-out, an unsubscription) leaves its ask. The owner may
 * answer it, or be at it: the box is written once without need, and the next ask has another
 * number. A reader that comes back for the same bytes finds the answer (`timeout: 0` asks, and
 * throws), unless they have been written anew since: then the owner has made `GIVEN` a - 1, which
 * is odd, so no other ask's. Who begins to wait asks anew then. Who has begun takes the piece: the
 * write has come during its read, which may see either.
 *
 * **If the bytes cannot be read**, the answer is an error: its text lies in the box. The ask is
 * over; to read again is another one. Bytes that were evicted since the reader looked are not given
 * (length 0): it looks at coverage again, which is older than the answer.
 *
 * **When the owner is gone**, cold bytes are, too, committed or not: the wait ends with `CLOSED`.
 * An owner that closes committed content sets `GONE` therefore, which does nothing to what other
 * threads can read by themselves.
 */

/** The most that one answer holds, in bytes. */
export const PIECE_BYTES = 65_536;

/** Where the words of the box begin, in a cache line of their own: those of the reader. */
const BASE = Math.ceil(CELL_BYTES / 64) * 16;
export const ASK_AT = BASE;
export const ASK_START_AT = BASE + 1;
export const ASK_LENGTH_AT = BASE + 3;
// Those of the owner.
export const GIVEN_AT = BASE + 16;
/** How many bytes lie in the box; if negative, -1 less the length of an error. */
export const GIVEN_LENGTH_AT = BASE + 17;
export const GIVEN_GENERATION_AT = BASE + 18;

/** Where the piece begins, in bytes from the beginning of the cell. */
const PIECE_AT = (BASE + 32) * 4;
/** How much longer a cell is with a box. */
export const BOX_BYTES = PIECE_AT + PIECE_BYTES - CELL_BYTES;

/** The piece in the box of a cell. */
export function pieceOf(cell: SharedArrayBuffer): Uint8Array {
  return new Uint8Array(cell, PIECE_AT, PIECE_BYTES);
}
