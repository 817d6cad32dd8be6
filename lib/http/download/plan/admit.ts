import type { Assignment, Needed } from './assign.js';
import { findFree } from './free-range.js';
import { bytesInLatency, type Deserted, type Situation, type Transit } from './situation.js';

/** What a request brings at least before it makes room for somebody else's. */
const TURN = 256 * 1024;
/** How long an answer may take as long as there was none, in milliseconds. */
const UNKNOWN_LATENCY = 1000;

/** What becomes of the requests that are missing. */
export interface Admission<T extends Transit> {
  /** Those to make now. */
  readonly needed: readonly Needed[];
  /** Streams to give up for them. */
  readonly stop: ReadonlySet<T>;
  /** The last one that is or was given up unanswered. */
  readonly deserted: Deserted | undefined;
  /** When the others may be made. */
  readonly again: number | undefined;
}

/** Which of the missing requests to make, and which streams to give up for them. */
export function admit<T extends Transit>(situation: Situation<T>, { carriers, missing }: Assignment<T>): Admission<T> {
  const { transits, latency } = situation;
  const needed: Needed[] = [];
  const stop = new Set<T>();
  if (missing.length === 0) return { needed, stop, deserted: situation.deserted, again: undefined };
  const unanswered = transits.filter((transit) => isDeserted(transit, carriers));
  const hold = holdOf(situation, unanswered);
  // What a server takes to answer is known from the first answer on: until then one is let come.
  if (latency !== undefined) for (const transit of unanswered) stop.add(transit);
  let again: number | undefined;
  for (const request of missing) {
    if (hold !== undefined && request.since >= hold.askedAt) again = hold.until;
    else if (makeRoom(situation, request, { carriers, needed, stop })) needed.push(request);
  }
  return {
    needed,
    stop,
    deserted: holdOf(
      situation,
      [...stop].filter((transit) => unanswered.includes(transit)),
    ),
    again,
  };
}

/** Nobody waits any more for what it was made for, and there was no answer yet. */
function isDeserted<T extends Transit>(transit: T, carriers: ReadonlyMap<T, number>): boolean {
  return !transit.answered && transit.carriedAt > -Infinity && !carriers.has(transit);
}

/** What keeps back requests for places that somebody has turned to since; undefined: nothing. */
function holdOf(
  { now, latency = UNKNOWN_LATENCY, deserted }: Situation<Transit>,
  unanswered: readonly Transit[],
): Deserted | undefined {
  const holds = unanswered.map(({ askedAt }): Deserted => ({ askedAt, until: askedAt + latency }));
  if (deserted !== undefined) holds.push(deserted);
  return holds.filter(({ until }) => until > now).sort((a, b) => b.askedAt - a.askedAt)[0];
}

/** Gives up streams for a request; false: there is no room for it. */
function makeRoom<T extends Transit>(
  situation: Situation<T>,
  request: Needed,
  { carriers, needed, stop }: { carriers: ReadonlyMap<T, number>; needed: readonly Needed[]; stop: Set<T> },
): boolean {
  const { transits, concurrency } = situation;
  const kept = transits.filter((transit) => !stop.has(transit));
  const mayStay = (transit: T): boolean => carriers.has(transit) || hasTurn(situation, transit, request);
  let room = concurrency - needed.length - kept.filter(mayStay).length - 1;
  const inTurn = request.returning ? streamsInTurn(situation) : new Set<T>();
  const others = kept.filter((transit) => !mayStay(transit)).sort((a, b) => b.carriedAt - a.carriedAt);
  for (const transit of others) {
    if (room > 0 && inTurn.has(transit)) room -= 1;
    else stop.add(transit);
  }
  if (room >= 0) return true;
  const [least] = [...carriers].filter(([transit]) => !stop.has(transit)).sort((a, b) => (a[1] < b[1] ? 1 : -1));
  if (least === undefined || least[1] <= request.neededBy) return false;
  stop.add(least[0]);
  return true;
}

/**
 * It was bringing something while this one waited already: these are two readers, and it has not
 * brought much yet.
 */
function hasTurn(situation: Situation<Transit>, transit: Transit, { since }: Needed): boolean {
  const { start, position, answered, carriedAt } = transit;
  return answered && carriedAt > since && position - start < Math.max(TURN, 4 * bytesInLatency(situation));
}

/** Streams that bring what follows where somebody reads in turn. */
function streamsInTurn<T extends Transit>(situation: Situation<T>): Set<T> {
  const { inTurn, transits, end } = situation;
  return new Set(inTurn.flatMap(({ start }) => findFree(situation, start, end, transits).passed));
}
