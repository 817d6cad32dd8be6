import { filter, interval, map, NEVER, type Observable } from 'rxjs';

import type { MinRate } from '../read-options.js';

/** So much faster another request has to have been, for a new connection to be worth a try. */
const FASTER = 10;
const LOOKS = 5;
/**
 * A timer that comes so much later than it should, in milliseconds: this thread was busy, and did
 * not read.
 */
const LATE = 500;

/** How fast the last requests were, by origin, in bytes a second. */
export class Rates {
  readonly #last = new Map<string, number>();

  /** A request has ended. */
  record(origin: string, bytesPerSecond: number): void {
    this.#last.set(origin, bytesPerSecond);
  }

  /** Whether another request can be expected to be much faster than one that brings so little. */
  promises(origin: string, bytesPerSecond: number, isFirstTry: boolean): boolean {
    const last = this.#last.get(origin);
    return last === undefined ? isFirstTry : last >= FASTER * bytesPerSecond;
  }
}

/** A request that may be trickling. */
export interface Watched {
  /** Bytes of its body that have come. */
  readonly bytes: number;
  /** Whether somebody waits for it now, and it is read as fast as it comes. */
  readonly matters: () => boolean;
  /** Whether another request can be expected to be much faster. */
  readonly isWorthIt: (bytesPerSecond: number) => boolean;
}

/**
 * Emits how little has come of an answer, in how many milliseconds, when that is a trickle and
 * another request is worth a try.
 */
export function watchTrickle(
  { bytesPerSecond, ms }: MinRate,
  watched: Watched,
): Observable<{ readonly bytes: number; readonly ms: number }> {
  if (bytesPerSecond === 0) return NEVER;
  let looks: { readonly at: number; readonly bytes: number }[] = [];
  const every = ms / LOOKS;
  return interval(every).pipe(
    map(() => {
      const now = performance.now();
      const last = looks.at(-1);
      if (!watched.matters() || (last !== undefined && now - last.at > every + LATE)) looks = [];
      looks.push({ at: now, bytes: watched.bytes });
      if (looks.length <= LOOKS) return undefined;
      const first = looks.shift();
      if (first === undefined) return undefined;
      const came = { bytes: watched.bytes - first.bytes, ms: now - first.at };
      const rate = (came.bytes / came.ms) * 1000;
      return rate < bytesPerSecond && watched.isWorthIt(rate) ? came : undefined;
    }),
    filter((came) => came !== undefined),
  );
}
