import { combineLatest, map, of, type Subscription, switchMap } from 'rxjs';
import { progress } from 'tidemark';
import { bytesText, countText, percentText, timeText } from './format.js';
import { element, write } from './page.js';
import type { Session } from './session.js';

const UNKNOWN = '–';

/** How far the download and the decoder have come, in figures, until unsubscribed. */
export function showFigures(session: Session): Subscription {
  const { resource, download$, song$ } = session;
  const subscription = combineLatest([progress(resource), download$]).subscribe(
    ([{ coveredBytes, totalBytes, fraction, bytesPerSecond, etaMs }, { name }]) => {
      const isRunning = name === 'running';
      write(element('downloaded'), fraction === undefined ? bytesText(coveredBytes) : percentText(fraction));
      write(
        element('bytes'),
        `${bytesText(coveredBytes)} of ${totalBytes === undefined ? UNKNOWN : bytesText(totalBytes)}`,
      );
      write(element('rate'), isRunning ? `${bytesText(bytesPerSecond)}/s` : UNKNOWN);
      write(element('left'), isRunning && etaMs !== undefined ? timeText(Math.ceil(etaMs / 1000)) : UNKNOWN);
      write(element('ranges'), countText(resource.coverage.rangeCount));
    },
  );
  const decoded$ = song$.pipe(
    switchMap((song) => {
      if (song === undefined) return of(0);
      const { coverage$, expectedLength } = song.samples;
      return coverage$.pipe(
        map(({ coveredBytes }) => (coveredBytes === 0 ? 0 : coveredBytes / (expectedLength ?? coveredBytes))),
      );
    }),
  );
  subscription.add(decoded$.subscribe((share) => write(element('decoded'), percentText(share))));
  return subscription;
}
