import type { ByteRange } from '../range/byte-range.js';

/** One pending wait, as the downloader sees it. */
export interface Demand {
  /** From the first to the last missing byte of what is waited for, half-open, within the known length. */
  readonly range: ByteRange;
  /** Who waits: the name of a port, or `'owner'` for waits in the owner's thread. */
  readonly reader: string;
  /** True if a thread is blocked. */
  readonly blocking: boolean;
  /** When the bytes are needed, in epoch milliseconds, where the waiter said so. */
  readonly neededBy?: number;
  /** Since when it waits, in epoch milliseconds. */
  readonly since: number;
}

/** The order of a demand list: by `neededBy` (none: last), then by age. */
export function compareDemand(one: Demand, other: Demand): number {
  // Infinity - Infinity is NaN, which counts as equal here.
  return (one.neededBy ?? Infinity) - (other.neededBy ?? Infinity) || one.since - other.since;
}

/** Tells whether two lists say the same. */
export function sameDemand(one: readonly Demand[], other: readonly Demand[]): boolean {
  return one.length === other.length && one.every((demand, index) => same(demand, other[index]));
}

function same(one: Demand, other: Demand | undefined): boolean {
  return (
    one.range.start === other?.range.start &&
    one.range.end === other.range.end &&
    one.reader === other.reader &&
    one.blocking === other.blocking &&
    one.neededBy === other.neededBy &&
    one.since === other.since
  );
}
