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
import type { Demand, ResourceView } from 'tidemark';
import { canvas$ } from './canvas.js';
import { drawCoverage } from './draw-coverage.js';
import { drawWaveform } from './draw-waveform.js';
import { element, setAttribute } from './page.js';
import { COLUMNS, peaks$ } from './peaks.js';
import type { Song } from './session.js';

/** What is shown. */
export interface Shown {
  readonly content: ResourceView;
  readonly demand$: Observable<readonly Demand[]>;
  readonly song$: Observable<Song | undefined>;
  /** Where the playhead is, 0 to 1. */
  readonly fraction: number;
}

const UNKNOWN = new Float32Array(COLUMNS).fill(NaN);

/** Draws until unsubscribed, each thing at most once a frame, and only when it has changed. */
export function showStage(shown: Shown): Subscription {
  const { content, demand$, song$ } = shown;
  const bar = element('coverage', HTMLCanvasElement);
  const wave = element('waveform', HTMLCanvasElement);
  const playhead = element('playhead');
  const fraction$ = animationFrames().pipe(
    map(() => shown.fraction),
    distinctUntilChanged(),
  );
  const loudness$ = song$.pipe(switchMap((song) => (song ? peaks$(song.samples, song.format) : of(UNKNOWN))));

  const subscription = combineLatest([canvas$(bar), content.coverage$, demand$])
    .pipe(auditTime(0, animationFrameScheduler))
    .subscribe(([canvas, coverage, demands]) => {
      const total = content.expectedLength ?? coverage.toArray().at(-1)?.end ?? 0;
      // What is there is only on its way here.
      const waitedFor = demands.map(({ range }) => range).filter((range) => !coverage.has(range));
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
  subscription.add(() => {
    for (const canvas of [bar, wave]) canvas.getContext('2d')?.clearRect(0, 0, canvas.width, canvas.height);
    setAttribute(bar, 'aria-valuenow', 0);
    playhead.style.setProperty('--at', '0');
  });
  return subscription;
}
