import type { Coverage } from '../coverage/coverage.js';
import type { ByteRange } from '../range/byte-range.js';
import type { WaitState } from '../waits/wait-outcome.js';
import type { ResourceStatus } from './resource-status.js';

/**
 * How far a read may go at one moment, in bytes. A reader reuses one such object, so that a read
 * allocates nothing.
 */
export interface ReadLimits {
  /** The end of the covered run at the offset asked for, or the offset itself at a gap. */
  until: number;
  /** The known length, else `Infinity`. */
  end: number;
  /** True if the content is committed. */
  final: boolean;
}

/**
 * What is known of a resource's content, in the owner's thread or another. Each call returns what
 * holds at one moment.
 */
export interface ContentState {
  /** The coverage; the same object until it changes. */
  readonly coverage: Coverage;
  readonly coveredBytes: number;
  /** How many bytes have come so far: those that are covered, and those that were evicted. */
  readonly arrivedBytes: number;
  /** The status; the same object until it changes. */
  readonly status: ResourceStatus;
  /** Counts changes of status, lengths and identity. */
  readonly statusVersion: number;
  /** The final length while committed, else the expected one, in bytes. */
  readonly expectedLength: number | undefined;
  readonly identity: string | undefined;
  /** Set once nothing can be read or waited for any more. */
  readonly ended: 'closed' | 'cancelled' | undefined;
  /** Counts commits, replacements and reactivations; see {@link isUnchanged}. */
  readonly generation: number;
  /** The stamp of `[start, end)`, loaded before the limits of a read; see {@link isUnchanged}. */
  stamp(start: number, end: number): number;
  /**
   * True if no bytes that were read since `generation` was loaded can have been replaced meanwhile;
   * and unless they are final, none of `[start, end)` evicted since `stamp` was loaded.
   */
  isUnchanged(generation: number, final: boolean, stamp: number, start: number, end: number): boolean;
  /** True if `[start, end)` is covered; undefined once {@link ended} is set. */
  has(start: number, end: number): boolean | undefined;
  /** The end of the covered run at `from`; `from` itself at a gap. */
  coveredUntil(from: number): number;
  /** Fills in the limits of a read at `from`. */
  readLimits(from: number, limits: ReadLimits): void;
  /**
   * The first gap at `from` or later. `limit` is the known length by default. The gap never reaches
   * past the final length.
   */
  nextGap(from: number, limit: number | undefined): ByteRange | undefined;
  /**
   * How a wait for `[start, end)`, not empty, stands now. `withinLength`: the range ends at the
   * known length, as that of a read does. The order of the rules is the contract's. Whether bytes
   * are gone, of all that is pending, the view asks its `use`.
   */
  waitState(start: number, end: number, withinLength: boolean): WaitState;
}
