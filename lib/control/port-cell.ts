import { loadNumber } from '../coverage/pages.js';
import {
  CELL_WANTS,
  HAS_TOKEN_AT,
  INTERRUPT_AT,
  PINGED_AT,
  PORT_CLOSED_AT,
  READER_CLOSED_AT,
  TOKEN_AT,
  type Want,
  WANT_COUNT_AT,
  WANT_SEQUENCE_AT,
  WANT_WORDS,
  WANTS_BASE,
  WATCH_END_AT,
  WATCH_START_AT,
} from './cell-layout.js';
import { loadWant, storeDouble } from './cell-wants.js';
import { wake } from './wake-words.js';

/** The owner's side of a cell; the wake-up protocol is in `cell-layout.ts`. */
export class PortCell {
  readonly #words: Int32Array;
  readonly #control: { readonly words: Int32Array };
  readonly #wakeWord: number;

  /**
   * @param buffer - the cell
   * @param control - has the words of the control block
   * @param wakeWord - the one of them that the reader sleeps on
   */
  constructor(buffer: SharedArrayBuffer, control: { readonly words: Int32Array }, wakeWord: number) {
    this.#words = new Int32Array(buffer);
    this.#control = control;
    this.#wakeWord = wakeWord;
  }

  /** Leaves an interrupt for the reader, and wakes it. */
  interrupt(token: number | undefined): void {
    const words = this.#words;
    Atomics.add(words, INTERRUPT_AT, 1);
    Atomics.store(words, HAS_TOKEN_AT, token === undefined ? 0 : 1);
    storeDouble(words, TOKEN_AT, token ?? 0);
    Atomics.add(words, INTERRUPT_AT, 1);
    this.ping();
  }

  /** Tells the reader to end. */
  close(): void {
    Atomics.store(this.#words, PORT_CLOSED_AT, 1);
    this.ping();
  }

  get readerClosed(): boolean {
    return Atomics.load(this.#words, READER_CLOSED_AT) !== 0;
  }

  /** Counts publications; odd while one is under way. */
  get publication(): number {
    return Atomics.load(this.#words, WANT_SEQUENCE_AT);
  }

  /**
   * Returns what the reader wants as of `publication`; undefined if it is publishing, or has
   * published since.
   */
  read(publication: number): { wants: Want[]; watch: { start: number; end: number } } | undefined {
    if ((publication & 1) !== 0) return undefined;
    const words = this.#words;
    const count = Math.min(Atomics.load(words, WANT_COUNT_AT), CELL_WANTS);
    const wants: Want[] = [];
    for (let index = 0; index < count; index += 1) {
      wants.push(loadWant(words, WANTS_BASE + index * WANT_WORDS));
    }
    const watch = { start: loadNumber(words, WATCH_START_AT), end: loadNumber(words, WATCH_END_AT) };
    return Atomics.load(words, WANT_SEQUENCE_AT) === publication ? { wants, watch } : undefined;
  }

  /**
   * Step C of the wake-up protocol: wakes the reader, unless it was woken before and has not looked
   * since.
   */
  ping(): void {
    if (Atomics.exchange(this.#words, PINGED_AT, 1) === 0) wake(this.#control.words, this.#wakeWord);
  }
}
