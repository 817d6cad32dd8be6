import { animationFrames, map, type Observable, switchMap, takeWhile } from 'rxjs';
import type { ResourceView } from 'tidemark';
import { frameBytes, type PcmFormat, toChannels } from './pcm.js';

/** How many columns there are, however wide they are drawn. */
export const COLUMNS = 1000;
/** The most samples of a column that are looked at: a long song has too many. */
const LOOKED_AT = 4096;
/** How long to look at samples in one frame, in milliseconds. */
const TIME = 2;

/**
 * How loud each column of a song is, 0 to 1; NaN as long as some of its samples are missing. Always
 * the same array, which fills.
 */
export function peaks$(samples: ResourceView, format: PcmFormat): Observable<Float32Array> {
  const peaks = new Float32Array(COLUMNS).fill(NaN);
  return samples.coverage$.pipe(
    switchMap(() =>
      animationFrames().pipe(
        map(() => fill(peaks, samples, format)),
        takeWhile((isDone) => !isDone, true),
      ),
    ),
    map(() => peaks),
  );
}

/** @returns false if there was no time for some that are there */
function fill(peaks: Float32Array, samples: ResourceView, format: PcmFormat): boolean {
  const { expectedLength } = samples;
  if (expectedLength === undefined) return true;
  const until = performance.now() + TIME;
  const bytes = frameBytes(format);
  const perColumn = expectedLength / bytes / COLUMNS;
  for (let column = 0; column < COLUMNS; column += 1) {
    if (!Number.isNaN(peaks[column])) continue;
    const start = Math.floor(column * perColumn) * bytes;
    const end = Math.floor((column + 1) * perColumn) * bytes;
    if (!samples.has({ start, end })) continue;
    const found = new Uint8Array(Math.min(end - start, LOOKED_AT * bytes));
    samples.readAt(start, found);
    peaks[column] = loudest(toChannels(found, format));
    if (performance.now() > until) return false;
  }
  return true;
}

function loudest(channels: readonly Float32Array[]): number {
  let peak = 0;
  for (const channel of channels) {
    for (const sample of channel) peak = Math.max(peak, Math.abs(sample));
  }
  return peak;
}
