import type { ByteRange } from '../../lib/range/byte-range.js';

/** The oracle: coverage as one flag for each byte of a small domain. */
export class PlainCoverage {
  readonly bytes: boolean[];

  constructor(size: number) {
    this.bytes = new Array<boolean>(size).fill(false);
  }

  set(start: number, end: number, covered: boolean): void {
    this.bytes.fill(covered, start, end);
  }

  ranges(covered = true, start = 0, end = this.bytes.length): ByteRange[] {
    const ranges: ByteRange[] = [];
    let at = start;
    while (at < end) {
      const from = at;
      while (at < end && this.bytes[at] === covered) at += 1;
      if (at > from) ranges.push({ start: from, end: at });
      else at += 1;
    }
    return ranges;
  }

  coveredUntil(from: number): number {
    let at = from;
    while (this.bytes[at] === true) at += 1;
    return at;
  }

  coveredSince(until: number): number {
    let at = until;
    while (this.bytes[at - 1] === true) at -= 1;
    return at;
  }

  count(start = 0, end = this.bytes.length): number {
    return this.bytes.slice(start, end).filter(Boolean).length;
  }

  get end(): number {
    return this.bytes.lastIndexOf(true) + 1;
  }
}
