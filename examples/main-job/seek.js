// The seek: a thread that blocks can receive no message, but its wait can be interrupted, and the
// interrupt carries a number, here the sample to go to.

import { filter, map, merge, switchMap, take, tap } from 'rxjs';

const MOMENT = 1; // second of music to be heard first

/**
 * Seeks once: when the decoder blocks, a moment into the music. A fast download may never let it
 * block; then when all is there.
 *
 * @param {number} seconds where to
 * @param {import('tidemark').Resource} resource
 * @param {import('tidemark').ReaderPort} port the decoder's
 * @param {import('rxjs').Observable<import('./decode-worker.js').DecoderMessage>} decoder$
 * @returns {import('rxjs').Observable<unknown>} errors if the music is shorter
 */
export function seekOnce(seconds, resource, port, decoder$) {
  return decoder$.pipe(
    filter((message) => message.type === 'format'),
    switchMap(({ format }) => {
      const target = sampleAt(seconds, format);
      const inTheMusic$ = decoder$.pipe(
        filter((message) => message.type === 'decoded' && message.to >= MOMENT * format.sampleRate),
        take(1),
      );
      const blocked$ = inTheMusic$.pipe(
        switchMap(() => resource.demand$),
        filter((demands) => demands.some(({ blocking }) => blocking)),
      );
      const complete$ = resource.status$.pipe(filter(({ state }) => state === 'committed'));
      return merge(blocked$, complete$).pipe(
        take(1),
        map(() => target),
      );
    }),
    tap((target) => port.interrupt(target)),
  );
}

/**
 * @param {number} seconds
 * @param {import('../shared/flac/flac-decoder.js').Format} format
 */
function sampleAt(seconds, { sampleRate, totalSamples }) {
  const sample = Math.round(seconds * sampleRate);
  if (totalSamples === 0 || sample < totalSamples) return sample;
  throw new Error(`Cannot seek to ${seconds} s: the music is ${(totalSamples / sampleRate).toFixed(2)} s long.`);
}
