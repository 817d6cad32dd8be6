import { combineLatest, map, merge, of, type Subscription, switchMap } from 'rxjs';
import { progress } from 'tidemark';
import { bytesText, countText, percentText, timeText } from './format.js';
import { element, write } from './page.js';
import type { Session } from './session.js';

const UNKNOWN = '–';
/** Without a song. */
const NOTHING = { downloaded: '0 %', bytes: '0 B of –', rate: UNKNOWN, left: UNKNOWN, ranges: '0', decoded: '0 %' };

/** How far the download and the decoder have come, in figures, until unsubscribed. */
export function showFigures(session: Session): Subscription {
  const { content, download$, song$ } = session;
  const subscription = combineLatest([progress(content), download$]).subscribe(
    ([{ coveredBytes, totalBytes, fraction, bytesPerSecond, etaMs }, { name }]) => {
      const isRunning = name === 'running';
      write(element('downloaded'), fraction === undefined ? bytesText(coveredBytes) : percentText(fraction));
      write(
        element('bytes'),
        `${bytesText(coveredBytes)} of ${totalBytes === undefined ? UNKNOWN : bytesText(totalBytes)}`,
      );
      write(element('rate'), isRunning ? `${bytesText(bytesPerSecond)}/s` : UNKNOWN);
      write(element('left'), isRunning && etaMs !== undefined ? timeText(Math.ceil(etaMs / 1000)) : UNKNOWN);
      write(element('ranges'), countText(content.coverage.rangeCount));
    },
  );
  const decoded$ = song$.pipe(
    switchMap((song) => {
      if (song === undefined) return of(percentText(0));
      const { samples } = song;
      return merge(samples.coverage$, samples.status$).pipe(
        map(() => {
          const { coveredBytes, expectedLength } = samples;
          return expectedLength === undefined ? UNKNOWN : percentText(coveredBytes / Math.max(1, expectedLength));
        }),
      );
    }),
  );
  subscription.add(decoded$.subscribe((text) => write(element('decoded'), text)));
  subscription.add(forget);
  return subscription;
}

function forget(): void {
  for (const [id, text] of Object.entries(NOTHING)) write(element(id), text);
}
