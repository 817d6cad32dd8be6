import type { Coverage } from '../coverage/coverage.js';
import type { ByteRange } from '../range/byte-range.js';

/** A window in numbers, all in bytes. */
export interface WindowSize {
  readonly maxBytes: number;
  /** Bytes go, and come, in blocks of so many. */
  readonly blockSize: number;
  /** So much is kept behind each place where somebody reads. */
  readonly behind: number;
}

/** What a window holds, and where it is read. Ranges are half-open, in bytes. */
export interface WindowSituation {
  /** What is to be read ahead of: a place where somebody reads, or what somebody waits for. */
  readonly active: readonly ByteRange[];
  /** All places where somebody has read lately. */
  readonly places: readonly number[];
  readonly held: readonly ByteRange[];
  readonly coverage: Coverage;
  /** All that may be brought. */
  readonly content: ByteRange;
}

/**
 * How many bytes may be brought ahead of each active place, so that the window holds them all, and
 * nothing has to go for them that is nearer to a reader; `Infinity` where all of the content fits
 * in beside what is held and what is there near readers.
 *
 * The window then holds, in whole blocks: what is ahead of the active places, there yet or not;
 * what is there so far ahead of the others; what is there up to `behind` before each of them; and
 * what is held. All else is farther from readers, so that goes first.
 */
export function reachOf({ maxBytes, blockSize, behind }: WindowSize, situation: WindowSituation): number {
  const { active, places, held, coverage, content } = situation;
  const size = Math.floor(maxBytes / blockSize);
  const back = places.flatMap((place) => {
    const first = Math.max(0, Math.ceil((place - behind) / blockSize) - 1) * blockSize;
    return covered(coverage, first, place);
  });
  const front = places.flatMap((place) => covered(coverage, place, place + maxBytes).map((run) => ({ ...run, place })));
  // Of a range that is brought, held bytes and readers may lie outside.
  const isShort = content.end - content.start <= maxBytes;
  if (isShort && blocksOf([content, ...back, ...held, ...front], blockSize) <= size) return Infinity;
  const fits = (reach: number): boolean => {
    const near = front.filter(({ start, place }) => start < place + reach);
    const ranges = [
      ...back,
      ...held,
      ...near.map(({ start, end, place }) => ({ start, end: Math.min(end, place + reach) })),
      ...active.map(({ start, end }) => ({ start, end: Math.min(content.end, Math.max(end, start + reach)) })),
    ];
    return blocksOf(ranges, blockSize) <= size;
  };
  let low = 0;
  let high = size;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle * blockSize)) low = middle;
    else high = middle - 1;
  }
  return low * blockSize;
}

/** The covered parts of `[start, end)`. */
function covered(coverage: Coverage, start: number, end: number): ByteRange[] {
  const runs: ByteRange[] = [];
  for (let at = start; at < end;) {
    const until = Math.min(end, coverage.coveredUntil(at));
    if (until > at) runs.push({ start: at, end: until });
    at = coverage.nextGap(until, end)?.end ?? end;
  }
  return runs;
}

/** In how many blocks ranges lie, in any order. */
function blocksOf(ranges: readonly ByteRange[], blockSize: number): number {
  let count = 0;
  let behind = 0;
  for (const { start, end } of [...ranges].sort((a, b) => a.start - b.start)) {
    if (start >= end) continue;
    const first = Math.max(behind, Math.floor(start / blockSize));
    behind = Math.max(behind, Math.ceil(end / blockSize));
    count += behind - Math.min(first, behind);
  }
  return count;
}
