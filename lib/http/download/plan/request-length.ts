import type { Situation, Transit } from './situation.js';

/**
 * Shorter requests cost more in round trips and at the server than they save when they are given
 * up.
 */
export const LEAST = 2 ** 20;
/** A request for a place that is read in turn with others: it is not given up for them. */
export const LENGTH_IN_TURN = 1.5 * LEAST;
/** How long a request takes about, in seconds, if nobody waits elsewhere. */
const SPAN = 1;

/**
 * How many bytes to ask for in a request, at most.
 *
 * @param alone - whether all that is waited for is in one place: else the others would have to wait
 * for it
 */
export function requestLength({ bytesPerSecond, chunkSize }: Situation<Transit>, alone: boolean): number {
  const long = alone ? Math.round(bytesPerSecond * SPAN) : 0;
  return Math.min(chunkSize, Math.max(LEAST, long));
}
