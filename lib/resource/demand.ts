import type { ByteRange } from '../range/byte-range.js';

/** One pending wait, as the downloader sees it. */
export interface Demand {
  /**
   * From the first to the last missing byte of what is waited for, half-open, within the known
   * length.
   */
  readonly range: ByteRange;
  /** Who waits: the name of a port, or `'owner'` for waits in the owner's thread. */
  readonly reader: string;
  /** True if a thread is blocked. */
  readonly blocking: boolean;
  /** When the bytes are needed, in epoch milliseconds, where the waiter said so. */
  readonly neededBy?: number;
  /**
   * Since when it waits, in epoch milliseconds, by a clock that may have been set since: the list
   * is in the order of age by itself.
   */
  readonly since: number;
}
