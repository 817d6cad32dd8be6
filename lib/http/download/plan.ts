import type { ByteRange } from '../../range/byte-range.js';

/** Bytes that are on their way: `[position, end)` is still to come. */
export interface Transit {
  /** Where the next byte goes. */
  readonly position: number;
  /** Where it ends, exclusive. */
  readonly end: number;
}

/** What a plan is made from; all offsets and lengths in bytes, all ranges half-open. */
export interface Situation<T extends Transit> {
  /** What is waited for, the most urgent first. */
  readonly demands: readonly ByteRange[];
  /** What was waited for when somebody last waited: reading ahead goes on from there. */
  readonly lastDemands: readonly ByteRange[];
  /** What is on its way. */
  readonly transits: readonly T[];
  /** The first range in `[from, limit)` that is not there. */
  readonly nextGap: (from: number, limit: number) => ByteRange | undefined;
  /** Where the content ends, as far as is known; else `Infinity`. */
  readonly end: number;
  /** The most requests at once. */
  readonly concurrency: number;
  /** The most bytes in a request. */
  readonly chunkSize: number;
  /** How far to read ahead of what is waited for. */
  readonly readAhead: number;
  /** What comes in while a new request would wait for its first byte. */
  readonly bytesInLatency: number;
}

/** What to do about it. */
export interface Plan<T extends Transit> {
  /** Requests to abort. */
  readonly stop: readonly T[];
  /** Requests to end early, since another brings what follows. */
  readonly shorten: readonly { readonly transit: T; readonly end: number }[];
  /** Ranges to ask for. */
  readonly start: readonly ByteRange[];
}

/** So near a stream gets to on its own: a new request would cost the server more than it saves. */
const NEAR = 32 * 1024;

/**
 * Which requests to make next, and which to give up.
 *
 * Each demand has a stream that is about to bring its first missing byte, or it gets a request of its own. If one needs a
 * request, then all streams that nobody waits for are given up: they would take bandwidth from what is urgent, and what they brought is
 * kept. If none does, streams run on, past what was waited for, and when all that is on its way is about to be there the next chunk is
 * asked for. That one stream brings bytes in the order in which media is read; more of them would make the next byte come later.
 *
 * Nothing that is there is asked for, and nothing that is on its way.
 */
export function plan<T extends Transit>(situation: Situation<T>): Plan<T> {
  const { transits, concurrency } = situation;
  const { carriers, needed } = assign(situation);
  const stop = needed.length === 0 ? [] : transits.filter((transit) => !carriers.includes(transit));
  const kept = transits.filter((transit) => !stop.includes(transit));
  const shorten = kept.flatMap((transit) => {
    const end = Math.min(...needed.map(({ from }) => from).filter((from) => from > transit.position));
    return end < transit.end ? [{ transit, end }] : [];
  });
  const coming: Transit[] = kept.map((transit) => {
    const cut = shorten.find((other) => other.transit === transit);
    return cut === undefined ? transit : { position: transit.position, end: cut.end };
  });
  const start: ByteRange[] = [];
  for (const { from, limit } of needed) {
    const others = needed.map((other) => other.from).filter((other) => other > from);
    const range = freeRange(situation, from, Math.min(limit, ...others), [...coming, ...start.map(toTransit)]);
    if (range !== undefined) start.push(range);
  }
  if (needed.length === 0 && kept.length < concurrency && remaining(kept) <= situation.bytesInLatency) {
    const range = ahead(situation, kept);
    if (range !== undefined) start.push(range);
  }
  return { stop, shorten, start };
}

/** A request to make. */
interface Needed {
  readonly from: number;
  /** It ends there, or before. */
  readonly limit: number;
  /** It gets there in any case. */
  readonly reach: number;
}

/** Who brings what is waited for: a stream each, or a new request; as many as may run at once. */
function assign<T extends Transit>(situation: Situation<T>): { carriers: T[]; needed: Needed[] } {
  const { demands, transits, nextGap, end, concurrency, chunkSize, readAhead } = situation;
  const carriers: T[] = [];
  const needed: Needed[] = [];
  for (const demand of demands) {
    if (carriers.length + needed.length >= concurrency) break;
    const from = nextGap(demand.start, Math.min(demand.end, end))?.start;
    if (from === undefined) continue;
    const carrier = transits.find((transit) => brings(transit, from, situation));
    if (carrier === undefined) {
      const limit = Math.min(from + chunkSize, demand.end + readAhead, end);
      if (!needed.some((range) => brings({ position: range.from, end: range.reach }, from, situation))) {
        const starts = [...transits.map(({ position }) => position), ...needed.map((other) => other.from)];
        const next = starts.filter((start) => start > from);
        needed.push({ from, limit, reach: Math.min(nextGap(from, limit)?.end ?? limit, ...next) });
      }
    } else if (!carriers.includes(carrier)) carriers.push(carrier);
  }
  return { carriers, needed };
}

/** Whether a stream brings the byte at `offset` sooner than a new request would. */
function brings({ position, end }: Transit, offset: number, { bytesInLatency }: Situation<Transit>): boolean {
  return position <= offset && offset < end && offset - position <= Math.max(NEAR, bytesInLatency);
}

/** The next chunk to read ahead: behind what is or was waited for, and then whatever is missing. */
function ahead<T extends Transit>(situation: Situation<T>, kept: readonly T[]): ByteRange | undefined {
  const { demands, lastDemands, readAhead } = situation;
  for (const { start, end } of demands.length === 0 ? lastDemands : demands) {
    const range = freeRange(situation, start, end + readAhead, kept);
    if (range !== undefined) return range;
  }
  return readAhead === Infinity ? freeRange(situation, 0, Infinity, kept) : undefined;
}

/** The first range in `[from, limit)` that is neither there nor on its way, at most a chunk long. */
function freeRange(
  { nextGap, end, chunkSize }: Situation<Transit>,
  from: number,
  limit: number,
  transits: readonly Transit[],
): ByteRange | undefined {
  const stop = Math.min(limit, end);
  for (let at = from; at < stop;) {
    const gap = nextGap(at, stop);
    if (gap === undefined) return undefined;
    const busy = transits.find(({ position, end: until }) => position <= gap.start && gap.start < until);
    if (busy === undefined) {
      const next = transits.map(({ position }) => position).filter((position) => position > gap.start);
      return { start: gap.start, end: Math.min(gap.end, gap.start + chunkSize, ...next) };
    }
    at = busy.end;
  }
  return undefined;
}

function remaining(transits: readonly Transit[]): number {
  return transits.reduce((sum, { position, end }) => sum + end - position, 0);
}

function toTransit({ start, end }: ByteRange): Transit {
  return { position: start, end };
}
