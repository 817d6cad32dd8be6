import type { ByteRange } from '../range/byte-range.js';

/**
 * A covered run and the gap behind it, up to where the next run starts: all that a lookup at an
 * offset from `start` to before `next` asks for. In front of the first run it is an empty run at 0.
 */
export class Place {
  start = 0;
  /** End of the run, exclusive. */
  end = 0;
  /** Start of the next run; `Infinity` if there is none, -1 if this place holds nothing. */
  next = -1;

  /** True if this is the place of `at`. */
  holds(at: number): boolean {
    return at < this.next && at >= this.start;
  }

  /** End of the covered run at `from`, which it holds; `from` itself at a gap. */
  coveredUntil(from: number): number {
    return from < this.end ? this.end : from;
  }

  /** The first gap at `from` or later, cut to `[from, limit)`; undefined if there is none. */
  gap(from: number, limit: number): ByteRange | undefined {
    const start = this.coveredUntil(from);
    return start < limit ? { start, end: Math.min(this.next, limit) } : undefined;
  }
}
