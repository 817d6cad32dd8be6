/** A half-open range of bytes, `[start, end)`: integers from 0 to 2^53−1, `start <= end`. */
export interface ByteRange {
  /** Offset of the first byte, inclusive. */
  readonly start: number;
  /** Offset behind the last byte, exclusive. */
  readonly end: number;
}

/** The largest offset, 2^53−1: above it a number no longer names one byte. */
export const MAX_OFFSET = Number.MAX_SAFE_INTEGER;
