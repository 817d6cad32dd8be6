import type { ByteRange } from '../../../range/byte-range.js';
import type { Coming, Situation, Transit } from './situation.js';

/** What is found where bytes follow each other. */
interface Found<C extends Coming> {
  /**
   * The first range that is neither there nor on its way, up to the next that is; undefined: there
   * is none.
   */
  readonly range: ByteRange | undefined;
  /** What is on its way before that. */
  readonly passed: readonly C[];
}

/** Looks through `[from, limit)` for bytes that are neither there nor on their way. */
export function findFree<C extends Coming>(
  { nextGap, end }: Pick<Situation<Transit>, 'nextGap' | 'end'>,
  from: number,
  limit: number,
  coming: readonly C[],
): Found<C> {
  const stop = Math.min(limit, end);
  const passed: C[] = [];
  for (let at = from; at < stop;) {
    const gap = nextGap(at, stop);
    if (gap === undefined) break;
    const busy = coming.find(({ position, end: until }) => position <= gap.start && gap.start < until);
    if (busy === undefined) {
      const next = coming.map(({ position }) => position).filter((position) => position > gap.start);
      return { range: { start: gap.start, end: Math.min(gap.end, ...next) }, passed };
    }
    passed.push(busy);
    at = busy.end;
  }
  return { range: undefined, passed };
}
