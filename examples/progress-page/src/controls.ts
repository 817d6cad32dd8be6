// The buttons, what the page says about itself, and what it tells those who do not see it.

import { combineLatest, distinctUntilChanged, filter, fromEvent, map, of, Subscription, switchMap } from 'rxjs';
import { element, setAttribute, write } from './page.js';
import type { DecoderState, DownloadState, Session } from './session.js';

/** What the button beside the play button does, by the state of the download. */
const ACTIONS = {
  running: 'Cancel',
  stopped: 'Resume',
  complete: 'Complete',
  failed: 'Retry',
} satisfies Record<DownloadState['name'], string>;

/** @param startAgain - called where the content has changed, so that nothing of what is there can be used */
export function showControls(session: Session, startAgain: () => void): Subscription {
  const { song$, download$, decoder$, resource } = session;
  const play = element('play', HTMLButtonElement);
  const action = element('action', HTMLButtonElement);
  const player$ = song$.pipe(switchMap((song) => song?.player.state$ ?? of(undefined)));

  const subscription = new Subscription();
  subscription.add(
    player$.subscribe((state) => {
      play.disabled = state === undefined;
      write(play, state?.name === 'playing' ? 'Pause' : 'Play');
    }),
  );
  subscription.add(
    fromEvent(play, 'click').subscribe(() => {
      const { player } = song$.value ?? {};
      if (player?.state$.value.name === 'playing') player.pause();
      else player?.play();
    }),
  );
  subscription.add(
    download$.subscribe((state) => {
      action.disabled = state.name === 'complete';
      write(action, state.name === 'failed' && state.isOther ? 'Start again' : ACTIONS[state.name]);
    }),
  );
  subscription.add(
    fromEvent(action, 'click').subscribe(() => {
      const state = download$.value;
      if (state.name === 'running') session.stop();
      else if (state.name === 'failed' && state.isOther) startAgain();
      else session.start();
    }),
  );
  subscription.add(
    combineLatest([download$, decoder$, song$, player$]).subscribe(([download, decoder, song, player]) => {
      const isBad = download.name === 'failed' || decoder.name === 'failed' || player?.name === 'failed';
      setAttribute(element('message'), 'data-bad', String(isBad));
      const about = [download.name === 'failed' ? download.message : '', decoderText(decoder, song?.format.md5)];
      if (player?.name === 'failed') about.push(`It cannot be played: ${player.message}`);
      write(element('message'), about.filter(Boolean).join(' '));
    }),
  );
  // Every quarter, and every change: more would be noise.
  const quarter$ = resource.coverage$.pipe(
    map(({ coveredBytes }) => Math.floor((coveredBytes / (resource.expectedLength ?? Infinity)) * 4) * 25),
    filter((percent) => percent > 0 && percent < 100),
    distinctUntilChanged(),
    map((percent) => `${percent} % downloaded`),
  );
  const said$ = download$.pipe(
    map((state) => (state.name === 'failed' ? `Download failed. ${state.message}` : SAID[state.name])),
  );
  for (const texts$ of [said$, quarter$]) {
    subscription.add(texts$.subscribe((text) => write(element('live'), text)));
  }
  return subscription;
}

const SAID = { running: 'Downloading', stopped: 'Download cancelled; what is there stays', complete: 'Downloaded' };

function decoderText(decoder: DecoderState, expected: string | undefined): string {
  switch (decoder.name) {
    case 'failed':
      return `It cannot be decoded: ${decoder.message}`;
    case 'done': {
      const silent = decoder.silentSamples === 0 ? '' : ` ${decoder.silentSamples} samples were damaged.`;
      const verdict = decoder.md5 === expected ? 'the one in the file’s header' : `not that of the header, ${expected}`;
      return `All samples are decoded; their MD5 is ${decoder.md5}, ${verdict}.${silent}`;
    }
    default:
      return '';
  }
}
