import type { ByteRange } from 'tidemark';

/** Bytes that are there, as a list that is short enough to be searched from its start. */
export class Ranges {
  #list: ByteRange[] = [];
  /** How many bytes. */
  bytes = 0;

  /** Returns how many of them are new. */
  add({ start, end }: ByteRange): number {
    const touching = this.#list.filter((other) => other.end >= start && other.start <= end);
    const merged = {
      start: Math.min(start, ...touching.map((other) => other.start)),
      end: Math.max(end, ...touching.map((other) => other.end)),
    };
    const rest = this.#list.filter((other) => other.end < start || other.start > end);
    this.#list = [...rest, merged].sort((a, b) => a.start - b.start);
    const before = this.bytes;
    this.bytes = this.#list.reduce((sum, other) => sum + other.end - other.start, 0);
    return this.bytes - before;
  }

  /** The first gap in `[from, limit)`. */
  nextGap(from: number, limit: number): ByteRange | undefined {
    let start = from;
    for (const range of this.#list) {
      if (range.end <= start) continue;
      if (range.start > start) return start < limit ? { start, end: Math.min(limit, range.start) } : undefined;
      start = range.end;
    }
    return start < limit ? { start, end: limit } : undefined;
  }
}
