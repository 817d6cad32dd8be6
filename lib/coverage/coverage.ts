import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import { checkedRange, checkOffset } from '../range/checks.js';
import { Place } from './place.js';

/**
 * Which bytes have been written: an immutable snapshot.
 *
 * The ranges are half-open, in ascending order, disjoint, and do not touch: two neighbours have a
 * gap between them. Iterating yields them. Every method throws `INVALID_RANGE` for numbers outside
 * 0 … 2^53−1 or `start > end`.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver());
 * resource.writeAt(10, new Uint8Array(5));
 * const coverage = resource.coverage;
 * console.log(coverage.toArray()); // [{ start: 10, end: 15 }]
 * console.log(coverage.gaps({ start: 0, end: 20 }));
 * // [{ start: 0, end: 10 }, { start: 15, end: 20 }]
 * ```
 */
export interface Coverage extends Iterable<ByteRange> {
  /** How many ranges there are. */
  readonly rangeCount: number;
  /** How many bytes they cover together. */
  readonly coveredBytes: number;
  /** Returns true if every byte of `range` is covered; an empty range always is. */
  has(range: ByteRange): boolean;
  /** The end (exclusive) of the covered run at `from`; `from` itself at a gap. */
  coveredUntil(from: number): number;
  /** How many bytes of `range` are covered. */
  coveredBytesIn(range: ByteRange): number;
  /**
   * The first gap that has a byte at `from` or later, cut to `[from, limit)`; undefined if there is
   * none.
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
  readonly #place = new Place();
  /** What was located last. */
  #last = -1;
  readonly coveredBytes: number;

  constructor(bounds: Float64Array, coveredBytes: number) {
    this.#bounds = bounds;
    this.coveredBytes = coveredBytes;
  }

  get rangeCount(): number {
    return this.#bounds.length / 2;
  }

  has(range: ByteRange): boolean {
    const { start, end } = checkedRange(range);
    return start === end || this.locate(start, this.#place).coveredUntil(start) >= end;
  }

  coveredUntil(from: number): number {
    checkOffset('from', from);
    return this.locate(from, this.#place).coveredUntil(from);
  }

  coveredBytesIn(range: ByteRange): number {
    const { start, end } = checkedRange(range);
    let sum = 0;
    for (let index = Math.max(0, this.#startedAt(start)); this.#start(index) < end; index += 1) {
      sum += Math.max(0, Math.min(end, this.#end(index)) - Math.max(start, this.#start(index)));
    }
    return sum;
  }

  nextGap(from: number, limit: number = MAX_OFFSET): ByteRange | undefined {
    checkOffset('from', from);
    checkOffset('limit', limit);
    return this.locate(from, this.#place).gap(from, limit);
  }

  gaps(within: ByteRange): ByteRange[] {
    const { start, end } = checkedRange(within);
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

  /** `Infinity` behind the last range. */
  #start(index: number): number {
    const bounds = this.#bounds;
    return 2 * index < bounds.length ? (bounds[2 * index] ?? 0) : Infinity;
  }

  #end(index: number): number {
    return this.#bounds[2 * index + 1] ?? 0;
  }

  /** Fills in and returns the place of `at`. */
  locate(at: number, place: Place): Place {
    // Who reads on comes to the next range.
    let index = this.#last + 1;
    if (at < this.#start(index) || at >= this.#start(index + 1)) index = this.#startedAt(at);
    this.#last = index;
    place.start = index < 0 ? 0 : this.#start(index);
    place.end = index < 0 ? 0 : this.#end(index);
    place.next = this.#start(index + 1);
    return place;
  }

  /** Index of the last range that starts at `at` or before it; -1 if there is none. */
  #startedAt(at: number): number {
    const bounds = this.#bounds;
    let low = -1;
    let high = (bounds.length >> 1) - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((bounds[2 * middle] ?? 0) <= at) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
