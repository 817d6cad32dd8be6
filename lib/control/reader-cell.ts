import { storeNumber } from '../coverage/pages.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import {
  ATTACHED_AT,
  DELIVERED_AT,
  HAS_TOKEN_AT,
  INTERRUPT_AT,
  PINGED_AT,
  PORT_CLOSED_AT,
  READER_CLOSED_AT,
  TAKEN_AT,
  TOKEN_AT,
  type Want,
  WANT_COUNT_AT,
  WANT_SEQUENCE_AT,
  WANT_WORDS,
  WANTS_BASE,
  WATCH_END_AT,
  WATCH_START_AT,
} from './cell-layout.js';
import { loadDouble, storeWant } from './cell-wants.js';
import { WANTS_AT } from './layout.js';
import { ownerLostError } from './reader-errors.js';
import { UNFINISHED_FOR } from './seqlock-reader.js';

/** The reader's side of a cell; the wake-up protocol is in `cell-layout.ts`. */
export class ReaderCell {
  readonly buffer: SharedArrayBuffer;
  readonly words: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.words = new Int32Array(buffer);
  }

  /** Attaches a reader; returns false if one was attached before. */
  attach(): boolean {
    return Atomics.compareExchange(this.words, ATTACHED_AT, 0, 1) === 0;
  }

  /**
   * Step 1 of the wake-up protocol: publishes what the reader wants now, and the range whose every
   * change it wants to see. `control`: the words of the control block.
   */
  publish(control: Int32Array, wants: readonly Want[], watch?: { readonly start: number; readonly end: number }): void {
    const words = this.words;
    Atomics.add(words, WANT_SEQUENCE_AT, 1);
    Atomics.store(words, WANT_COUNT_AT, wants.length);
    storeNumber(words, WATCH_START_AT, watch?.start ?? MAX_OFFSET);
    storeNumber(words, WATCH_END_AT, watch?.end ?? 0);
    wants.forEach((want, index) => storeWant(words, WANTS_BASE + index * WANT_WORDS, want));
    Atomics.add(words, WANT_SEQUENCE_AT, 1);
    Atomics.add(control, WANTS_AT, 1);
    Atomics.notify(control, WANTS_AT);
  }

  /** Publishes that the reader wants nothing. */
  withdraw(control: Int32Array): void {
    this.publish(control, []);
  }

  /** Step 2 of the protocol: from here on a change pings again. Returns the count to sleep on. */
  acknowledge(control: Int32Array, wakeWord: number): number {
    const count = Atomics.load(control, wakeWord);
    Atomics.store(this.words, PINGED_AT, 0);
    return count;
  }

  /** Tells the owner that the reader has closed. */
  closeReader(control: Int32Array): void {
    Atomics.store(this.words, READER_CLOSED_AT, 1);
    this.withdraw(control);
  }

  get portClosed(): boolean {
    return Atomics.load(this.words, PORT_CLOSED_AT) !== 0;
  }

  /** Counts interrupts. */
  get interrupts(): number {
    return Atomics.load(this.words, INTERRUPT_AT) & ~1;
  }

  /**
   * True if the last interrupt has neither ended a wait nor been taken; from then on it counts as
   * having ended one. Throws `CLOSED` if the owner has been writing it for a second.
   */
  deliverInterrupt(): boolean {
    const words = this.words;
    const sequence = this.#finishedInterrupt();
    if (sequence === Atomics.load(words, DELIVERED_AT) || sequence === Atomics.load(words, TAKEN_AT)) return false;
    Atomics.store(words, DELIVERED_AT, sequence);
    return true;
  }

  /**
   * Takes the last interrupt with its token, also one that has ended a wait; undefined if it was
   * taken before. It ends no wait later. Throws `CLOSED` if the owner has been writing it for a
   * second.
   */
  takeInterrupt(): { token: number | undefined } | undefined {
    const words = this.words;
    for (;;) {
      const sequence = this.#finishedInterrupt();
      if (sequence === Atomics.load(words, TAKEN_AT)) return undefined;
      const token = Atomics.load(words, HAS_TOKEN_AT) === 0 ? undefined : loadDouble(words, TOKEN_AT);
      if (Atomics.load(words, INTERRUPT_AT) !== sequence) continue;
      Atomics.store(words, TAKEN_AT, sequence);
      return { token };
    }
  }

  #finishedInterrupt(): number {
    let since: number | undefined;
    for (;;) {
      const sequence = Atomics.load(this.words, INTERRUPT_AT);
      if ((sequence & 1) === 0) return sequence;
      since ??= performance.now();
      if (performance.now() - since >= UNFINISHED_FOR) throw ownerLostError();
    }
  }
}
