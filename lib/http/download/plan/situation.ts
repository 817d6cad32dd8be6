import type { ByteRange } from '../../../range/byte-range.js';

/** Bytes that are still to come, `[position, end)`. */
export interface Coming {
  /** Where the next byte goes. */
  readonly position: number;
  /** Where it ends, exclusive. */
  readonly end: number;
}

/**
 * A request that is on its way; moments are in milliseconds of the clock of {@link Situation.now}.
 */
export interface Transit extends Coming {
  /** Where it began. */
  readonly start: number;
  /** When it was made. */
  readonly askedAt: number;
  /** Whether the server has begun to answer. */
  readonly answered: boolean;
  /** When it was last seen to bring what somebody waits for; `-Infinity`: never. */
  readonly carriedAt: number;
}

/** What somebody waits for. */
export interface Wanted extends ByteRange {
  /** Since when, in milliseconds of the clock of {@link Situation.now}. */
  readonly since: number;
  /** When it is needed, in epoch milliseconds. */
  readonly neededBy?: number | undefined;
  /**
   * Whether it goes on at a place that somebody reads in turn with others: see {@link
   * Situation.inTurn}.
   */
  readonly returning?: boolean;
}

/** What a plan is made from; all offsets and lengths in bytes, all ranges half-open. */
export interface Situation<T extends Transit> {
  /** In milliseconds, of a clock that nobody can set. */
  readonly now: number;
  /** What is waited for, the most urgent first. */
  readonly demands: readonly Wanted[];
  /**
   * What was waited for when somebody last waited, or where a window is read: reading ahead goes on
   * from there.
   */
  readonly lastDemands: readonly ByteRange[];
  /**
   * Where somebody has read in turn within the last seconds: the stretches that were waited for,
   * the latest first; none or several.
   */
  readonly inTurn: readonly ByteRange[];
  /** What is on its way. */
  readonly transits: readonly T[];
  /** The first range in `[from, limit)` that is not there. */
  readonly nextGap: (from: number, limit: number) => ByteRange | undefined;
  /** Where the content ends, as far as is known; else `Infinity`. */
  readonly end: number;
  /** The most requests at once. */
  readonly concurrency: number;
  /** The most bytes in a request. */
  readonly chunkSize: number;
  /** How far to read ahead of what is waited for. */
  readonly readAhead: number;
  /**
   * How far ahead of where something is waited for or read there is room, in bytes.
   * `@default` Infinity
   */
  readonly reach?: number | undefined;
  /**
   * From a request to the first byte of its answer, in milliseconds; undefined as long as none has
   * come.
   */
  readonly latency: number | undefined;
  /** What comes in, of all requests together; 0 as long as that is not known. */
  readonly bytesPerSecond: number;
  /** The last request that was given up unanswered, since nobody waited for it any more. */
  readonly deserted?: Deserted | undefined;
}

/**
 * A request for what nobody waits for any more, before there was an answer; in milliseconds of the
 * clock of {@link Situation.now}.
 */
export interface Deserted {
  readonly askedAt: number;
  /** Its answer would be there by then. */
  readonly until: number;
}

/** A request to make. */
export interface Start extends ByteRange {
  /** Whether somebody waits for it: else it reads ahead. */
  readonly wanted: boolean;
}

/** What to do about it. */
export interface Plan<T extends Transit> {
  /** Requests to abort. */
  readonly stop: readonly T[];
  /** Requests to end early, since another brings what follows. */
  readonly shorten: readonly { readonly transit: T; readonly end: number }[];
  /** Requests to make. */
  readonly start: readonly Start[];
  /** Requests that bring what somebody waits for. */
  readonly carriers: readonly T[];
  /** The last one that is given up unanswered: the next plan is to know of it. */
  readonly deserted: Deserted | undefined;
  /**
   * When to plan again even if nothing happens, as a moment of the clock of {@link Situation.now}.
   */
  readonly again: number | undefined;
}

/** Up to where to read ahead of what is waited for, or was, exclusive. */
export function aheadOf(
  { readAhead, reach = Infinity }: Pick<Situation<Transit>, 'readAhead' | 'reach'>,
  { start, end }: ByteRange,
): number {
  return Math.min(end + readAhead, Math.max(end, start + reach));
}

/** What comes in while a new request would wait for its first byte. */
export function bytesInLatency({
  latency = 0,
  bytesPerSecond,
}: Pick<Situation<Transit>, 'latency' | 'bytesPerSecond'>): number {
  return (latency / 1000) * bytesPerSecond;
}

/** Bytes that are still to come. */
export function remaining(coming: readonly Coming[]): number {
  return coming.reduce((sum, { position, end }) => sum + end - position, 0);
}
