import type { ReaderHandle } from '../handle/reader-handle.js';

/** The owner's end of one reader in another thread. */
export interface ReaderPort {
  /**
   * What to send to the other thread; it can be attached once, with `attachReader` or `openSync`.
   */
  readonly handle: ReaderHandle;
  /** Names the reader in `Demand.reader`. */
  readonly name: string;
  /**
   * Asks this reader to look elsewhere.
   *
   * An asynchronous reader's pending waits all end with Interrupted, and nothing is kept. A
   * blocking reader's wait ends, or else its next call that would block, once: several interrupts
   * before that count as one, and the last token stands. Bytes that are there are read all the
   * same. After {@link close} it does nothing.
   *
   * @param token - a finite number for `SyncReader.takeInterrupt`, where to seek to, say; else
   * `INVALID_ARGUMENT`
   */
  interrupt(token?: number): void;
  /**
   * Ends the reader, whether its thread still runs or was terminated: its demand is withdrawn, its
   * calls throw `CLOSED`. Idempotent.
   */
  close(): void;
}
