import { LENGTH_IN_TURN, requestLength } from './request-length.js';
import { aheadOf, bytesInLatency, type Coming, type Situation, type Transit } from './situation.js';

/** So near a stream gets to on its own: a new request would cost the server more than it saves. */
const NEAR = 32 * 1024;
/** Demands that are no further apart are in one place. */
const ONE_PLACE = 2 ** 20;

/** A request that somebody waits for, and that is to be made. */
export interface Needed {
  readonly from: number;
  /** It ends there, or before. */
  readonly limit: number;
  /** It gets there in any case. */
  readonly reach: number;
  readonly since: number;
  readonly neededBy: number;
  readonly returning: boolean;
}

/** Who brings what is waited for. */
export interface Assignment<T extends Transit> {
  /** Streams that bring some of it, with the moment when that is needed. */
  readonly carriers: ReadonlyMap<T, number>;
  /** Requests for the rest, as many as may run at once, the most urgent first. */
  readonly missing: readonly Needed[];
}

/**
 * Finds for each demand the stream that is about to bring its first missing byte, or the request
 * that it needs.
 */
export function assign<T extends Transit>(situation: Situation<T>): Assignment<T> {
  const { transits, nextGap, end, concurrency, chunkSize } = situation;
  const carriers = new Map<T, number>();
  const missing: Needed[] = [];
  const open = situation.demands.flatMap((demand) => {
    const from = nextGap(demand.start, Math.min(demand.end, end))?.start;
    return from === undefined ? [] : [{ demand, from }];
  });
  const alone = isOnePlace(open);
  for (const { demand, from } of open) {
    const { start, end: until, since, neededBy = Infinity, returning = false } = demand;
    const carrier = transits.find((transit) => brings(transit, from, situation));
    if (carrier !== undefined) {
      if (!carriers.has(carrier)) carriers.set(carrier, neededBy);
    } else if (
      missing.length < concurrency &&
      !missing.some((range) => brings({ position: range.from, end: range.reach }, from, situation))
    ) {
      const limit = Math.min(
        from + (returning ? Math.min(LENGTH_IN_TURN, chunkSize) : requestLength(situation, alone)),
        aheadOf(situation, { start, end: until }),
        end,
      );
      const starts = [...transits.map(({ position }) => position), ...missing.map((other) => other.from)];
      const next = starts.filter((other) => other > from);
      const reach = Math.min(nextGap(from, limit)?.end ?? limit, ...next);
      missing.push({ from, limit, reach, since, neededBy, returning });
    }
  }
  return { carriers, missing };
}

/** Whether a stream brings the byte at `offset` sooner than a new request would. */
function brings({ position, end }: Coming, offset: number, situation: Situation<Transit>): boolean {
  return position <= offset && offset < end && offset - position <= Math.max(NEAR, bytesInLatency(situation));
}

function isOnePlace(open: readonly { readonly from: number }[]): boolean {
  const [first, ...others] = open;
  return first === undefined || others.every(({ from }) => Math.abs(from - first.from) <= ONE_PLACE);
}
