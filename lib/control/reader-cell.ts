import { loadNumber, storeNumber } from '../coverage/pages.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import { WANTS_AT } from './layout.js';
import { ownerLostError, UNFINISHED_FOR } from './unfinished.js';
import { wake } from './wake-words.js';

/**
 * A reader's cell: the small shared buffer between the owner of a resource and one reader in another thread.
 *
 * The reader writes what it wants; the owner writes interrupts and that the port is closed. There is one cell a port and no reuse,
 * so whatever a terminated reader left in it harms nobody.
 *
 * **The wake-up protocol.** A reader that has to wait does, in this order:
 *
 * 1. `publish` what it wants, then add to `WANTS` in the control block;
 * 2. `acknowledge`: load its wake-up word: t; then clear `PINGED`;
 * 3. look at coverage, state and interrupts; if they have the answer, withdraw and return;
 * 4. sleep on the wake-up word unless it is no longer t; when woken, go to 2.
 *
 * The owner, when it changed something, does:
 *
 * A. finish the section (or the interrupt) that holds the change;
 * B. load `WANTS`, and where it is new re-read the cells that changed;
 * C. for each reader whose want the change answers: exchange `PINGED` with 1; if it was 0, add to the wake-up word and notify.
 *
 * All of it is sequentially consistent, so one of two orders holds. If A comes before 3, the reader sees the change. Else 1
 * came before 3, and 3 before A, so before B: the owner sees the want, and reaches C. If it exchanges `PINGED` from 0, the
 * word moves beyond t, since step 2 lies before 3: either the reader has not begun to sleep, and the comparison in 4 fails, or it
 * sleeps, and the notification reaches it (`Atomics.wait` compares and falls asleep as one step, and so does `Atomics.waitAsync`;
 * without the latter, `word-change.ts` compares again and again).
 * If `PINGED` was 1 already, then some earlier change set it after step 2 had cleared it (it is cleared before 3, and 3 lies
 * before A), and added to the word after that, so after t was loaded: the word is beyond t all the same. (That is why t is loaded
 * first. Cleared first, an earlier change could set `PINGED` and move the word between the two, and this change, finding 1,
 * would move nothing that t does not include.) So no wake-up is lost. Waking somebody who need not be woken costs a look.
 *
 * A cell that the owner finds half-written (`WANT_SEQUENCE` odd) it skips: that reader is before its addition to `WANTS`, so
 * it will look at coverage later than the change, and the next change finds a new `WANTS`.
 */
const ATTACHED_AT = 0;
const READER_CLOSED_AT = 1;
/** Set by whoever woke the reader, cleared by the reader before it looks. */
const PINGED_AT = 2;
/** Odd while the reader writes what follows. */
const WANT_SEQUENCE_AT = 3;
const WANT_COUNT_AT = 4;
/** A change in this range wakes the reader even if it answers no want. */
const WATCH_START_AT = 5;
const WATCH_END_AT = 7;
/** The last interrupt whose token the reader has taken. */
const TAKEN_AT = 9;
/** The last interrupt that has ended a wait. */
const DELIVERED_AT = 10;
const WANTS_BASE = 32;
/** start (2), end (2), neededBy (2), since (2), flags. */
const WANT_WORDS = 12;
/** What a cell can name; an asynchronous reader that waits for more names the most urgent. */
export const CELL_WANTS = 8;
// A cache line of its own for what the owner writes.
const PORT_CLOSED_AT = 16;
/** Odd while the owner writes an interrupt; counts them by two. */
const INTERRUPT_AT = 17;
const TOKEN_AT = 18;
const HAS_TOKEN_AT = 20;

const CELL_WORDS = WANTS_BASE + CELL_WANTS * WANT_WORDS;
export const CELL_BYTES = CELL_WORDS * 4;

const BLOCKING = 1;
const HAS_NEEDED_BY = 2;

/** One wait as a cell names it: half-open range in bytes, times in epoch milliseconds. */
export interface Want {
  readonly start: number;
  readonly end: number;
  readonly since: number;
  readonly blocking: boolean;
  readonly neededBy: number | undefined;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Both sides of a cell; which side may call what is said at each method. */
export class ReaderCell {
  readonly buffer: SharedArrayBuffer;
  readonly #words: Int32Array;

  constructor(buffer: SharedArrayBuffer = new SharedArrayBuffer(CELL_BYTES)) {
    this.buffer = buffer;
    this.#words = new Int32Array(buffer);
  }

  // ── the reader's side ───────────────────────────────────────────────────────────────────────

  /** Claims the cell for one reader; false if somebody attached before. */
  attach(): boolean {
    return Atomics.compareExchange(this.#words, ATTACHED_AT, 0, 1) === 0;
  }

  /** Says what the reader wants now, and which changes it wants to see besides; `control` is the control block. */
  publish(control: Int32Array, wants: readonly Want[], watch?: { readonly start: number; readonly end: number }): void {
    const words = this.#words;
    Atomics.add(words, WANT_SEQUENCE_AT, 1);
    Atomics.store(words, WANT_COUNT_AT, wants.length);
    storeNumber(words, WATCH_START_AT, watch?.start ?? MAX_OFFSET);
    storeNumber(words, WATCH_END_AT, watch?.end ?? 0);
    wants.forEach((want, index) => {
      const at = WANTS_BASE + index * WANT_WORDS;
      storeNumber(words, at, want.start);
      storeNumber(words, at + 2, want.end);
      storeDouble(words, at + 4, want.neededBy ?? 0);
      storeDouble(words, at + 6, want.since);
      Atomics.store(words, at + 8, (want.blocking ? BLOCKING : 0) | (want.neededBy === undefined ? 0 : HAS_NEEDED_BY));
    });
    Atomics.add(words, WANT_SEQUENCE_AT, 1);
    Atomics.add(control, WANTS_AT, 1);
    Atomics.notify(control, WANTS_AT);
  }

  /** Takes back what the reader wants. */
  withdraw(control: Int32Array): void {
    this.publish(control, []);
  }

  /** Step 2 of the protocol: from here on a change pings again. Answers the count to sleep on. */
  acknowledge(control: Int32Array, wakeWord: number): number {
    const count = Atomics.load(control, wakeWord);
    Atomics.store(this.#words, PINGED_AT, 0);
    return count;
  }

  /** Says that the reader will never want anything again. */
  closeReader(control: Int32Array): void {
    Atomics.store(this.#words, READER_CLOSED_AT, 1);
    this.withdraw(control);
  }

  get portClosed(): boolean {
    return Atomics.load(this.#words, PORT_CLOSED_AT) !== 0;
  }

  /** Counts interrupts. */
  get interrupts(): number {
    return Atomics.load(this.#words, INTERRUPT_AT) & ~1;
  }

  /**
   * True if an interrupt has neither ended a wait nor been taken; it counts as having ended one from then on.
   * Throws `CLOSED` if the owner is at writing it for a second.
   */
  deliverInterrupt(): boolean {
    const words = this.#words;
    const sequence = this.#settledInterrupt();
    if (sequence === Atomics.load(words, DELIVERED_AT) || sequence === Atomics.load(words, TAKEN_AT)) return false;
    Atomics.store(words, DELIVERED_AT, sequence);
    return true;
  }

  /**
   * Takes the last interrupt, with its token, unless it was taken before; whether it has ended a wait or not, it ends none later.
   * Throws `CLOSED` if the owner is at writing it for a second.
   */
  takeInterrupt(): { token: number | undefined } | undefined {
    const words = this.#words;
    for (;;) {
      const sequence = this.#settledInterrupt();
      if (sequence === Atomics.load(words, TAKEN_AT)) return undefined;
      const token = Atomics.load(words, HAS_TOKEN_AT) === 0 ? undefined : loadDouble(words, TOKEN_AT);
      if (Atomics.load(words, INTERRUPT_AT) !== sequence) continue;
      Atomics.store(words, TAKEN_AT, sequence);
      return { token };
    }
  }

  #settledInterrupt(): number {
    let since: number | undefined;
    for (;;) {
      const sequence = Atomics.load(this.#words, INTERRUPT_AT);
      if ((sequence & 1) === 0) return sequence;
      since ??= performance.now();
      if (performance.now() - since >= UNFINISHED_FOR) throw ownerLostError();
    }
  }

  // ── the owner's side ────────────────────────────────────────────────────────────────────────

  /** Leaves an interrupt for the reader; the caller wakes it. */
  interrupt(token: number | undefined): void {
    const words = this.#words;
    Atomics.add(words, INTERRUPT_AT, 1);
    Atomics.store(words, HAS_TOKEN_AT, token === undefined ? 0 : 1);
    storeDouble(words, TOKEN_AT, token ?? 0);
    Atomics.add(words, INTERRUPT_AT, 1);
  }

  closePort(): void {
    Atomics.store(this.#words, PORT_CLOSED_AT, 1);
  }

  get readerClosed(): boolean {
    return Atomics.load(this.#words, READER_CLOSED_AT) !== 0;
  }

  /** Counts publications; odd while one is under way. */
  get publication(): number {
    return Atomics.load(this.#words, WANT_SEQUENCE_AT);
  }

  /** What the reader wants as of `publication`; undefined if it is writing, or has written since. */
  read(publication: number): { wants: Want[]; watch: { start: number; end: number } } | undefined {
    if ((publication & 1) !== 0) return undefined;
    const words = this.#words;
    const count = Math.min(Atomics.load(words, WANT_COUNT_AT), CELL_WANTS);
    const wants: Want[] = [];
    for (let index = 0; index < count; index += 1) {
      const at = WANTS_BASE + index * WANT_WORDS;
      const flags = Atomics.load(words, at + 8);
      wants.push({
        start: loadNumber(words, at),
        end: loadNumber(words, at + 2),
        neededBy: (flags & HAS_NEEDED_BY) === 0 ? undefined : loadDouble(words, at + 4),
        since: loadDouble(words, at + 6),
        blocking: (flags & BLOCKING) !== 0,
      });
    }
    const watch = { start: loadNumber(words, WATCH_START_AT), end: loadNumber(words, WATCH_END_AT) };
    return Atomics.load(words, WANT_SEQUENCE_AT) === publication ? { wants, watch } : undefined;
  }

  /** Step C of the protocol. */
  ping(control: Int32Array, wakeWord: number): void {
    if (Atomics.exchange(this.#words, PINGED_AT, 1) === 0) wake(control, wakeWord);
  }
}

function storeDouble(words: Int32Array, at: number, value: number): void {
  scratch.setFloat64(0, value);
  Atomics.store(words, at, scratch.getInt32(0));
  Atomics.store(words, at + 1, scratch.getInt32(4));
}

function loadDouble(words: Int32Array, at: number): number {
  scratch.setInt32(0, Atomics.load(words, at));
  scratch.setInt32(4, Atomics.load(words, at + 1));
  return scratch.getFloat64(0);
}
