import { defer, first, map, type Observable, of, repeat, switchMap } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import { interruptedError } from '../bytes/ended-error.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import type { ColdSource } from './cold-source.js';
import type { ReadSteps } from './read-range.js';
import type { ViewInside } from './own-view.js';

/** The most that is copied at once of what this thread can read by itself, in bytes. */
const COPIED = 65_536;

/**
 * The steps of a read whose bytes may be cold: waits until all of them are covered, then copies or
 * fetches them piece by piece. Starts over where some went in between, or the content was replaced.
 */
export const fetchRange: ReadSteps = (inside, start, end, neededBy, kind) => {
  const { parts, waits, cold } = inside;
  let pieces = 0;
  // Also where it starts over: an interrupt of since it began ends it.
  const continues = (): boolean => (pieces += 1) > 1;
  const whole$ = defer(() => waits.wait({ start, end }, { neededBy }, kind)).pipe(
    switchMap((outcome) => {
      if (outcome === WaitOutcome.Interrupted) throw interruptedError(start, end);
      const until = outcome === WaitOutcome.Eof ? start : Math.min(end, parts.state.expectedLength ?? end);
      const target = allocate(Math.max(0, until - start));
      if (target.length === 0 || cold === undefined) return of(target);
      return fill(inside, cold, start, target, kind.uninterruptible, continues).pipe(
        map((full) => (full ? target : undefined)),
      );
    }),
  );
  return whole$.pipe(
    repeat(),
    first((bytes) => bytes !== undefined),
  );
};

/** Fills `target` with bytes of one generation; emits false if that is not to be had any more. */
function fill(
  { parts }: ViewInside,
  cold: ColdSource,
  start: number,
  target: Uint8Array,
  uninterruptible: boolean,
  continues: () => boolean,
): Observable<boolean> {
  const { generation } = cold;
  let done = 0;
  const piece$ = defer(() => {
    const rest = target.subarray(done);
    const min = Math.min(rest.length, COPIED);
    const copied = parts.ended === undefined ? parts.bytes.copy(start + done, rest.length, rest, min) : undefined;
    if (copied !== undefined) return of(cold.generation === generation ? copied : 0);
    return cold.fetch({ start: start + done, target: rest, generation, uninterruptible, continues: continues() });
  }).pipe(
    map((length) => {
      done += length;
      if (length === 0) return false;
      return done === target.length ? cold.generation === generation : undefined;
    }),
  );
  return piece$.pipe(
    repeat(),
    first((full) => full !== undefined),
  );
}
