import {
  catchError,
  concat,
  concatMap,
  finalize,
  from,
  interval,
  map,
  NEVER,
  type Observable,
  of,
  switchMap,
  take,
} from 'rxjs';
import { type Resource, whenCommitted } from 'tidemark';
import type { Decoder, DecoderEvent } from './decoder.js';
import type { ByteSource, Decoding } from './decoding.js';
import { messageOf } from './format.js';

/** How long to work at a stretch, in milliseconds: the page has frames to draw. */
const STRETCH = 4;

/** Without a thread nobody can wait for bytes by blocking: it begins when all of them are there. */
export function decodeHere(resource: Resource): Decoder {
  let decoding: Decoding | undefined;
  const events$ = whenCommitted(resource).pipe(
    // libFLAC is large, and pages that have threads do not need it here.
    switchMap(() => from(Promise.all([import('./decoding.js'), import('./md5.js')]))),
    switchMap(([{ Decoding }, { md5Of }]) => {
      const all = new Decoding(completeSource(resource));
      decoding = all;
      const { format, samples } = all;
      const md5$ = inStretches(
        (function* () {
          while (all.step()) yield;
          return yield* md5Of(samples);
        })(),
      );
      return concat(
        of<DecoderEvent>({ type: 'format', format, samples }),
        md5$.pipe(
          map((md5): DecoderEvent => ({ type: 'done', md5, silentSamples: all.silentSamples })),
          catchError((error: unknown) => {
            samples.fail(messageOf(error)); // nobody is to wait for more of them
            return failed(error);
          }),
        ),
        NEVER, // until nobody needs the samples any more
      ).pipe(finalize(() => samples.close()));
    }),
    catchError(failed),
  );
  return { events$, seek: (sample) => decoding?.seek(sample) };
}

function failed(error: unknown): Observable<DecoderEvent> {
  return of({ type: 'failed', message: messageOf(error) });
}

/** Goes on with `work` for a stretch at a time, and emits what comes of it. */
function inStretches<R>(work: Iterator<unknown, R>): Observable<R> {
  return interval(0).pipe(
    concatMap(() => stretch(work)),
    take(1),
  );
}

/** @returns what comes of it, if that has come */
function stretch<R>(work: Iterator<unknown, R>): readonly R[] {
  for (const until = performance.now() + STRETCH; performance.now() < until;) {
    const step = work.next();
    if (step.done === true) return [step.value];
  }
  return [];
}

/** What a decoder reads from: nothing has to be waited for, nothing is missing. */
function completeSource(resource: Resource): ByteSource {
  let position = 0;
  return {
    expectedLength: resource.length,
    seek: (to) => (position = to),
    read(target, { at } = {}) {
      const length = resource.readAt(at ?? position, target);
      if (at === undefined) position += length;
      return length;
    },
  };
}
