import type { ByteRange } from '../../range/byte-range.js';

/** Bytes that are still to come, `[position, end)`. */
interface Coming {
  /** Where the next byte goes. */
  readonly position: number;
  /** Where it ends, exclusive. */
  readonly end: number;
}

/** A request that is on its way. */
export interface Transit extends Coming {
  /** Where it began. */
  readonly start: number;
  /** When it was last seen to bring what somebody waits for, in epoch milliseconds. */
  readonly carriedAt?: number;
}

/** What somebody waits for. */
export interface Wanted extends ByteRange {
  /** Since when, in epoch milliseconds. */
  readonly since: number;
  /** When it is needed, in epoch milliseconds. */
  readonly neededBy?: number | undefined;
}

/** What a plan is made from; all offsets and lengths in bytes, all ranges half-open. */
export interface Situation<T extends Transit> {
  /** What is waited for, the most urgent first. */
  readonly demands: readonly Wanted[];
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
  /** Requests that bring what somebody waits for. */
  readonly carriers: readonly T[];
}

/** So near a stream gets to on its own: a new request would cost the server more than it saves. */
const NEAR = 32 * 1024;
/** What a request brings at least before it makes room for somebody else's. */
const TURN = 256 * 1024;

/**
 * Which requests to make next, and which to give up.
 *
 * Each demand has a stream that is about to bring its first missing byte, or it gets a request of its own. If one needs a
 * request, then all streams that nobody waits for are given up: they would take bandwidth from what is urgent, and what they brought is
 * kept. A stream that was bringing something while this one waited already has its turn first: these are two readers, and there would be
 * an abort for each step that they make. One that somebody waits for is not given up, unless this one is needed earlier.
 *
 * If no demand needs a request, streams run on, past what was waited for, and when all that is on its way is about to be there the next
 * chunk is asked for. That one stream brings bytes in the order in which media is read; more of them would make the next byte come later.
 *
 * Nothing that is there is asked for, and nothing that is on its way.
 */
export function plan<T extends Transit>(situation: Situation<T>): Plan<T> {
  const { transits, concurrency } = situation;
  const { carriers, missing } = assign(situation);
  const { needed, stop } = admit(situation, carriers, missing);
  const kept = transits.filter((transit) => !stop.has(transit));
  /** The end of what comes from `position` on, where a needed request brings what follows. */
  const cut = (position: number, end: number): number =>
    Math.min(end, ...needed.map(({ from }) => from).filter((from) => from > position));
  const cuts = kept.map((transit) => ({ transit, end: cut(transit.position, transit.end) }));
  const coming: Coming[] = cuts.map(({ transit: { position }, end }) => ({ position, end }));
  const start: ByteRange[] = [];
  for (const { from, limit } of needed) {
    const range = freeRange(situation, from, cut(from, limit), coming);
    if (range === undefined) continue;
    start.push(range);
    coming.push({ position: range.start, end: range.end });
  }
  if (missing.length === 0 && kept.length < concurrency && remaining(kept) <= situation.bytesInLatency) {
    const range = ahead(situation, kept);
    if (range !== undefined) start.push(range);
  }
  const shorten = cuts.filter(({ transit, end }) => end < transit.end);
  return { stop: [...stop], shorten, start, carriers: [...carriers.keys()] };
}

/** A request to make. */
interface Needed {
  readonly from: number;
  /** It ends there, or before. */
  readonly limit: number;
  /** It gets there in any case. */
  readonly reach: number;
  readonly since: number;
  readonly neededBy: number;
}

/**
 * Who brings what is waited for: a stream, with the moment when it is needed, or a new request; of these as many as may run at once, the
 * most urgent first.
 */
function assign<T extends Transit>(situation: Situation<T>): { carriers: Map<T, number>; missing: Needed[] } {
  const { demands, transits, nextGap, end, concurrency, chunkSize, readAhead } = situation;
  const carriers = new Map<T, number>();
  const missing: Needed[] = [];
  for (const { start, end: until, since, neededBy = Infinity } of demands) {
    const from = nextGap(start, Math.min(until, end))?.start;
    if (from === undefined) continue;
    const carrier = transits.find((transit) => brings(transit, from, situation));
    if (carrier !== undefined) {
      if (!carriers.has(carrier)) carriers.set(carrier, neededBy);
    } else if (
      missing.length < concurrency &&
      !missing.some((range) => brings({ position: range.from, end: range.reach }, from, situation))
    ) {
      const limit = Math.min(from + chunkSize, until + readAhead, end);
      const starts = [...transits.map(({ position }) => position), ...missing.map((other) => other.from)];
      const next = starts.filter((other) => other > from);
      missing.push({ from, limit, reach: Math.min(nextGap(from, limit)?.end ?? limit, ...next), since, neededBy });
    }
  }
  return { carriers, missing };
}

/** Which of the missing requests to make, and which streams to give up for them. */
function admit<T extends Transit>(
  { transits, concurrency, bytesInLatency }: Situation<T>,
  carriers: ReadonlyMap<T, number>,
  missing: readonly Needed[],
): { needed: Needed[]; stop: Set<T> } {
  const needed: Needed[] = [];
  const stop = new Set<T>();
  for (const request of missing) {
    for (const transit of transits) {
      const { start, position, carriedAt = -Infinity } = transit;
      const hasTurn = carriedAt > request.since && position - start < Math.max(TURN, 4 * bytesInLatency);
      if (!carriers.has(transit) && !hasTurn) stop.add(transit);
    }
    if (transits.length - stop.size + needed.length >= concurrency) {
      const [least] = [...carriers].filter(([transit]) => !stop.has(transit)).sort((a, b) => (a[1] < b[1] ? 1 : -1));
      if (least === undefined || least[1] <= request.neededBy) continue;
      stop.add(least[0]);
    }
    needed.push(request);
  }
  return { needed, stop };
}

/** Whether a stream brings the byte at `offset` sooner than a new request would. */
function brings({ position, end }: Coming, offset: number, { bytesInLatency }: Situation<Transit>): boolean {
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
  coming: readonly Coming[],
): ByteRange | undefined {
  const stop = Math.min(limit, end);
  for (let at = from; at < stop;) {
    const gap = nextGap(at, stop);
    if (gap === undefined) return undefined;
    const busy = coming.find(({ position, end: until }) => position <= gap.start && gap.start < until);
    if (busy === undefined) {
      const next = coming.map(({ position }) => position).filter((position) => position > gap.start);
      return { start: gap.start, end: Math.min(gap.end, gap.start + chunkSize, ...next) };
    }
    at = busy.end;
  }
  return undefined;
}

function remaining(coming: readonly Coming[]): number {
  return coming.reduce((sum, { position, end }) => sum + end - position, 0);
}
