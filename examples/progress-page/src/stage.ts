// The waveform, the bar of covered ranges below it, and the playhead over both.

import {
  animationFrames,
  animationFrameScheduler,
  auditTime,
  combineLatest,
  distinctUntilChanged,
  map,
  of,
  type Observable,
  type Subscription,
  switchMap,
} from 'rxjs';
import type { Resource } from 'tidemark';
import { canvas$ } from './canvas.js';
import { drawCoverage } from './draw-coverage.js';
import { drawWaveform } from './draw-waveform.js';
import { element, setAttribute } from './page.js';
import { COLUMNS, peaks$ } from './peaks.js';
import type { Song } from './session.js';

/** What is shown. */
export interface Shown {
  readonly resource: Resource;
  readonly song$: Observable<Song | undefined>;
  /** Where the playhead is, 0 to 1. */
  readonly fraction: number;
}

const UNKNOWN = new Float32Array(COLUMNS).fill(NaN);

/** Draws until unsubscribed, each thing at most once a frame, and only when it has changed. */
export function showStage(shown: Shown): Subscription {
  const { resource, song$ } = shown;
  const bar = element('coverage', HTMLCanvasElement);
  const wave = element('waveform', HTMLCanvasElement);
  const playhead = element('playhead');
  const fraction$ = animationFrames().pipe(
    map(() => shown.fraction),
    distinctUntilChanged(),
  );
  const loudness$ = song$.pipe(switchMap((song) => (song ? peaks$(song.samples, song.format) : of(UNKNOWN))));

  const subscription = combineLatest([canvas$(bar), resource.coverage$, resource.demand$])
    .pipe(auditTime(0, animationFrameScheduler))
    .subscribe(([canvas, coverage, demands]) => {
      const total = resource.expectedLength ?? coverage.toArray().at(-1)?.end ?? 0;
      const waitedFor = demands.map(({ range }) => range);
      drawCoverage(canvas, coverage, waitedFor, total);
      setAttribute(bar, 'aria-valuenow', total === 0 ? 0 : Math.floor((coverage.coveredBytes / total) * 100));
    });
  subscription.add(
    combineLatest([canvas$(wave), loudness$, fraction$])
      .pipe(auditTime(0, animationFrameScheduler))
      .subscribe(([canvas, peaks, fraction]) => {
        drawWaveform(canvas, peaks, fraction);
        playhead.style.setProperty('--at', String(fraction));
      }),
  );
  return subscription;
}
