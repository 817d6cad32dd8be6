import type { ByteRange } from '../range/byte-range.js';

/** What is to be kept with partial content. */
export interface ContentRecord {
  /** The ranges that have been written: ordered, disjoint, not touching, half-open. */
  readonly coverage: Iterable<ByteRange>;
  /** The total in bytes, where it is known. */
  readonly expectedLength: number | undefined;
  /** The version of the remote content, where it is known. */
  readonly identity: string | undefined;
}
