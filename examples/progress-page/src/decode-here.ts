import {
  catchError,
  concat,
  defer,
  finalize,
  from,
  ignoreElements,
  interval,
  map,
  NEVER,
  of,
  switchMap,
  takeWhile,
} from 'rxjs';
import { type Resource, whenCommitted } from 'tidemark';
import type { Decoder, DecoderEvent } from './decoder.js';
import type { ByteSource, Decoding } from './decoding.js';
import { messageOf } from './format.js';

/** How long to decode at a stretch, in milliseconds: the page has frames to draw. */
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
      return concat(
        of<DecoderEvent>({ type: 'format', format, samples }),
        interval(0).pipe(
          map(() => stretch(all)),
          takeWhile((more) => more),
          ignoreElements(),
        ),
        defer(() => of<DecoderEvent>({ type: 'done', md5: md5Of(samples), silentSamples: all.silentSamples })),
        NEVER, // until nobody needs the samples any more
      ).pipe(finalize(() => samples.close()));
    }),
    catchError((error: unknown) => of<DecoderEvent>({ type: 'failed', message: messageOf(error) })),
  );
  return { events$, seek: (sample) => decoding?.seek(sample) };
}

/** @returns false when all is decoded */
function stretch(decoding: Decoding): boolean {
  for (const until = performance.now() + STRETCH; performance.now() < until;) {
    if (!decoding.step()) return false;
  }
  return true;
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
