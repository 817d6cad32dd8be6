import { admit } from './admit.js';
import { type Assignment, assign } from './assign.js';
import { findFree } from './free-range.js';
import { readAhead } from './read-ahead.js';
import { aheadOf, type Coming, type Plan, type Situation, type Start, type Transit } from './situation.js';

/**
 * Which requests to make next, and which to give up.
 *
 * Each demand has a stream that is about to bring its first missing byte, or it gets a request of
 * its own. If one needs a request, then all streams that nobody waits for are given up: they would
 * take bandwidth from what is urgent, and what they brought is kept. One that somebody waits for is
 * not given up, unless this one is needed earlier. And there are streams that stay although nobody
 * waits for them at the moment:
 *
 * - One that was bringing something while this one waited already has its turn first: these are two
 *   readers, and there would be an abort for each step that they make.
 * - If somebody returns to a place where they were seconds ago, then the streams of the places
 *   between are about to be wanted again: these are tracks that are read in turn. Each is read
 *   ahead of, and goes on as long as there is room for it.
 *
 * A seek that is followed by the next one before it was answered was a step of many: the request is
 * given up, and the next one is made when its answer would have come. So there is about one request
 * a round trip however many places are passed, and the last one waits for less than a round trip
 * before it is asked for.
 *
 * If no demand needs a request, streams run on, past what was waited for, and when all that is on
 * its way is about to be there the next stretch is asked for. That one stream brings bytes in the
 * order in which media is read; more of them would make the next byte come later.
 *
 * Nothing that is there is asked for, and nothing that is on its way. Where there is room only near
 * to where somebody reads, no stream stays that brings what is far from there.
 */
export function plan<T extends Transit>(situation: Situation<T>): Plan<T> {
  const assignment = assign(situation);
  const { needed, stop: givenUp, deserted, again } = admit(situation, assignment);
  const stop = new Set([...givenUp, ...strays(situation, assignment)]);
  const kept = situation.transits.filter((transit) => !stop.has(transit));
  /** The end of what comes from `position` on, where a needed request brings what follows. */
  const cut = (position: number, end: number): number =>
    Math.min(end, ...needed.map(({ from }) => from).filter((from) => from > position));
  const cuts = kept.map((transit) => ({ transit, end: cut(transit.position, transit.end) }));
  const coming: Coming[] = cuts.map(({ transit: { position }, end }) => ({ position, end }));
  const start: Start[] = [];
  for (const { from, limit } of needed) {
    const { range } = findFree(situation, from, cut(from, limit), coming);
    if (range === undefined) continue;
    start.push({ ...range, wanted: true });
    coming.push({ position: range.start, end: range.end });
  }
  if (assignment.missing.length === 0) {
    start.push(...readAhead(situation, kept).map((range) => ({ ...range, wanted: false })));
  }
  const shorten = cuts.filter(({ transit, end }) => end < transit.end);
  return { stop: [...stop], shorten, start, carriers: [...assignment.carriers.keys()], deserted, again };
}

/** Streams that nobody waits for, and that bring what there is no room for any more. */
function strays<T extends Transit>(situation: Situation<T>, { carriers }: Assignment<T>): readonly T[] {
  const { transits, demands, lastDemands, inTurn, reach = Infinity } = situation;
  if (reach === Infinity) return [];
  const slack = reach / 4;
  const places = [...demands, ...lastDemands, ...inTurn];
  const isNear = (position: number): boolean =>
    places.some((place) => place.start - slack <= position && position <= aheadOf(situation, place) + slack);
  return transits.filter((transit) => !carriers.has(transit) && !isNear(transit.position));
}
