import { defer, first, map, type Observable, of, repeat, switchMap } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import type { PieceWise } from '../bytes/bytes-view.js';
import { interruptedError } from '../bytes/ended-error.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import type { ColdSource } from './cold-source.js';
import type { ReadSteps } from './read-range.js';
import type { ViewInside } from './own-view.js';

/** The most that is copied at once of what this thread can read by itself, in bytes. */
const COPIED = 65_536;

/**
 * The steps of a read whose bytes may be cold: waits until all of them are covered, then copies or
 * fetches them piece by piece. Where not all are kept, it waits piece by piece, too. Waits again
 * where some went in between, and starts over if the content was replaced.
 */
export const fetchRange: ReadSteps = (inside, start, end, neededBy, kind) => {
  const { parts, waits, cold } = inside;
  let waited: Uint8Array<ArrayBuffer>[] = [];
  let at = start;
  let generation: number | undefined;
  let pieces = 0;
  // Also where it starts over: an interrupt of since it began ends it.
  const continues = (): boolean => (pieces += 1) > 1;
  const joined = (): Uint8Array<ArrayBuffer> => parts.use?.join(waited) ?? waited[0] ?? new Uint8Array(0);
  /** Goes on with the next bytes, or the same ones; undefined until there are no more. */
  const step$ = defer(() => {
    if (cold?.generation !== generation) {
      waited = [];
      at = start;
    }
    const stop = parts.use === undefined ? end : Math.min(end, at + longestOf(parts.use, cold));
    return waits.wait({ start: at, end: stop }, { neededBy }, kind).pipe(
      switchMap((outcome) => {
        if (outcome === WaitOutcome.Interrupted) throw interruptedError(start, end);
        if (waited.length === 0) generation = cold?.generation;
        const until = outcome === WaitOutcome.Eof ? at : Math.min(stop, parts.state.expectedLength ?? stop);
        const target = allocate(Math.max(0, until - at));
        const isSame = cold?.generation === generation;
        const full$ =
          target.length === 0 || cold === undefined || !isSame
            ? of(isSame)
            : fill(inside, cold, at, target, kind.uninterruptible, continues);
        return full$.pipe(
          map((full) => {
            if (!full) return undefined;
            waited.push(target);
            at += target.length;
            return at === end || until < stop ? joined() : undefined;
          }),
        );
      }),
    );
  });
  return step$.pipe(
    repeat(),
    first((bytes) => bytes !== undefined),
  );
};

/** One fetch gets all that was waited for: the next ones may come when that has gone. */
function longestOf({ longestWait }: PieceWise, cold: ColdSource | undefined): number {
  return Math.min(longestWait, cold?.pieceBytes ?? Infinity);
}

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
