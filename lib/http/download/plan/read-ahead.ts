import type { ByteRange } from '../../../range/byte-range.js';
import { findFree } from './free-range.js';
import { LEAST, requestLength } from './request-length.js';
import { aheadOf, bytesInLatency, type Coming, remaining, type Situation, type Transit } from './situation.js';

/**
 * What to ask for that nobody waits for yet: the next stretch where all that is on its way is about
 * to be there.
 *
 * @param kept - what is on its way
 */
export function readAhead<T extends Transit>(situation: Situation<T>, kept: readonly T[]): readonly ByteRange[] {
  const { inTurn, concurrency } = situation;
  if (kept.length >= concurrency) return [];
  const { found, isBusy } = inTurn.length > 0 ? placesInTurn(situation, kept) : waitingPlaces(situation, kept);
  if (found.length > 0 || isBusy || remaining(kept) > bytesInLatency(situation)) return found;
  const range = inOrder(situation, kept);
  return range === undefined ? [] : [shortened(situation, range, inTurn.length === 0)];
}

/** What follows in several places. */
interface Following {
  readonly found: readonly ByteRange[];
  /** More is to come in one of them later on. */
  readonly isBusy: boolean;
}

/** Where to go on, and how far. */
interface Place {
  /** Where to look from. */
  readonly start: number;
  /** What is read ahead begins before that offset, and ends before the other. */
  readonly limit: number;
  readonly end: number;
  /** The most bytes in a request. */
  readonly length: number;
}

/**
 * Behind each place that is read in turn: as far as was read there, so that each gets its share of
 * the rate, whichever waits first, and a small track does not take that of a large one.
 */
function placesInTurn(situation: Situation<Transit>, kept: readonly Coming[]): Following {
  const places = situation.inTurn.map(({ start, end }): Place => {
    const length = Math.max(LEAST, Math.min(end - start, requestLength(situation, true)));
    const ahead = aheadOf(situation, { start: end, end });
    return { start, limit: Math.min(ahead, end + length), end: ahead, length };
  });
  return following(situation, places, kept);
}

/** Where several wait at once each goes on without a round trip in between. */
function waitingPlaces(situation: Situation<Transit>, kept: readonly Coming[]): Following {
  const length = requestLength(situation, true);
  const places = situation.demands.map((demand): Place => {
    const end = aheadOf(situation, demand);
    return { start: demand.start, limit: end, end, length };
  });
  return following(situation, places, kept, (range, last) => range.start === last?.end);
}

function following(
  situation: Situation<Transit>,
  places: readonly Place[],
  kept: readonly Coming[],
  isMeant: (range: ByteRange, last: Coming | undefined) => boolean = () => true,
): Following {
  const soon = bytesInLatency(situation) / Math.max(1, kept.length);
  const coming = [...kept];
  const found: ByteRange[] = [];
  let isBusy = false;
  for (const { start, limit, end, length } of places) {
    if (coming.length >= situation.concurrency) break;
    const most = Math.min(length, situation.chunkSize);
    const { range, passed } = findFree(situation, start, end, coming);
    if (range === undefined || range.start >= limit || !isWorthIt(situation, range, end)) continue;
    if (remaining(passed) > soon) isBusy = true;
    else if (isMeant(range, passed.at(-1))) {
      const next = { start: range.start, end: Math.min(range.end, range.start + most) };
      found.push(next);
      coming.push({ position: next.start, end: next.end });
    }
  }
  return { found, isBusy };
}

/** Behind what is or was waited for, and then whatever is missing. */
function inOrder(situation: Situation<Transit>, kept: readonly Coming[]): ByteRange | undefined {
  const { demands, lastDemands } = situation;
  for (const place of demands.length === 0 ? lastDemands : demands) {
    const limit = aheadOf(situation, place);
    const { range } = findFree(situation, place.start, limit, kept);
    if (range !== undefined && isWorthIt(situation, range, limit)) return range;
  }
  const { readAhead, reach = Infinity } = situation;
  return readAhead === Infinity && reach === Infinity ? findFree(situation, 0, Infinity, kept).range : undefined;
}

/**
 * Room comes in small pieces where somebody reads on in a window: not each is worth a request.
 *
 * @param limit - where the room ends
 */
function isWorthIt(situation: Situation<Transit>, { start, end }: ByteRange, limit: number): boolean {
  const { reach = Infinity } = situation;
  if (reach === Infinity || end < limit || limit >= situation.end) return true;
  return end - start >= Math.min(reach / 4, requestLength(situation, true));
}

function shortened(situation: Situation<Transit>, { start, end }: ByteRange, alone: boolean): ByteRange {
  return { start, end: Math.min(end, start + requestLength(situation, alone)) };
}
