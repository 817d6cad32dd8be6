import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { checkRange } from '../range/checks.js';

/**
 * Which bytes have been written: an immutable snapshot.
 *
 * The ranges are half-open, in ascending order, disjoint, and do not touch: two neighbours have a gap between them.
 * Iterating yields them. Every method throws `INVALID_RANGE` for numbers outside 0 … 2^53−1 or `start > end`.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver());
 * resource.writeAt(10, new Uint8Array(5));
 * const coverage = resource.coverage;
 * console.log(coverage.toArray()); // [{ start: 10, end: 15 }]
 * console.log(coverage.gaps({ start: 0, end: 20 })); // [{ start: 0, end: 10 }, { start: 15, end: 20 }]
 * ```
 */
export interface Coverage extends Iterable<ByteRange> {
  /** How many ranges there are. */
  readonly rangeCount: number;
  /** How many bytes they cover together. */
  readonly coveredBytes: number;
  /** Tells whether every byte of `range` is covered; an empty range always is. */
  has(range: ByteRange): boolean;
  /** The end (exclusive) of the covered run at `from`; `from` itself at a gap. */
  coveredUntil(from: number): number;
  /** How many bytes of `range` are covered. */
  coveredBytesIn(range: ByteRange): number;
  /**
   * The first gap that has a byte at `from` or later, cut to `[from, limit)`; undefined if there is none.
   *
   * @param limit - where to stop looking, exclusive; 2^53−1 by default
   */
  nextGap(from: number, limit?: number): ByteRange | undefined;
  /** All gaps within `within`, cut to it, in ascending order. */
  gaps(within: ByteRange): ByteRange[];
  /** The ranges as an array. */
  toArray(): ByteRange[];
}

/** A {@link Coverage} over a plain array of bounds: start, end, start, end … */
export class CoverageSnapshot implements Coverage {
  readonly #bounds: Float64Array;
  readonly coveredBytes: number;

  constructor(bounds: Float64Array, coveredBytes: number) {
    this.#bounds = bounds;
    this.coveredBytes = coveredBytes;
  }

  get rangeCount(): number {
    return this.#bounds.length / 2;
  }

  has(range: ByteRange): boolean {
    const { start, end } = range;
    checkRange(start, end);
    return start === end || this.#runEnd(start) >= end;
  }

  coveredUntil(from: number): number {
    checkRange(from, from);
    return this.#runEnd(from);
  }

  coveredBytesIn(range: ByteRange): number {
    const { start, end } = range;
    checkRange(start, end);
    let sum = 0;
    for (let index = this.#indexAfter(start); index < this.rangeCount && this.#start(index) < end; index += 1) {
      sum += Math.min(end, this.#end(index)) - Math.max(start, this.#start(index));
    }
    return sum;
  }

  nextGap(from: number, limit: number = MAX_OFFSET): ByteRange | undefined {
    checkRange(from, from);
    checkRange(limit, limit);
    const start = this.#runEnd(from);
    if (start >= limit) return undefined;
    const index = this.#indexAfter(start);
    return { start, end: index < this.rangeCount ? Math.min(limit, this.#start(index)) : limit };
  }

  gaps(within: ByteRange): ByteRange[] {
    const { start, end } = within;
    checkRange(start, end);
    const gaps: ByteRange[] = [];
    let gap = this.nextGap(start, end);
    while (gap !== undefined) {
      gaps.push(gap);
      gap = this.nextGap(gap.end, end);
    }
    return gaps;
  }

  toArray(): ByteRange[] {
    return [...this];
  }

  *[Symbol.iterator](): Iterator<ByteRange> {
    for (let index = 0; index < this.rangeCount; index += 1) {
      yield { start: this.#start(index), end: this.#end(index) };
    }
  }

  #start(index: number): number {
    return this.#bounds[2 * index] ?? 0;
  }

  #end(index: number): number {
    return this.#bounds[2 * index + 1] ?? 0;
  }

  #runEnd(from: number): number {
    const index = this.#indexAfter(from);
    return index < this.rangeCount && this.#start(index) <= from ? this.#end(index) : from;
  }

  /** Index of the first range whose end lies behind `from`. */
  #indexAfter(from: number): number {
    let low = 0;
    let high = this.rangeCount;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#end(middle) <= from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
