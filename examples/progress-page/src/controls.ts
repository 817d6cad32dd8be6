// The buttons, what the page says about itself, and what it tells those who do not see it.

import { combineLatest, distinctUntilChanged, filter, fromEvent, map, of, Subscription, switchMap } from 'rxjs';
import { toggleDownload } from './actions.js';
import { element, setAttribute, write } from './page.js';
import type { DownloadState } from './download-state.js';
import type { SongStore } from './open-store.js';
import type { DecoderState, Session } from './session.js';

/** What the button beside the play button does, by the state of the download. */
const ACTIONS = {
  queued: 'Pause download',
  running: 'Pause download',
  retrying: 'Pause download',
  stopped: 'Resume download',
  complete: 'Complete',
  failed: 'Retry',
} satisfies Record<DownloadState['name'], string>;

export function showControls(session: Session, store: SongStore): Subscription {
  const { song$, download$, decoder$, content } = session;
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
      write(action, ACTIONS[state.name]);
    }),
  );
  subscription.add(
    fromEvent(action, 'click').subscribe(() => void toggleDownload(store, content.key, download$.value)),
  );
  const trouble$ = combineLatest([decoder$, player$]).pipe(
    map(([decoder, player]) => {
      const decoding = decoder.name === 'failed' ? `It cannot be decoded: ${decoder.message}` : '';
      const playing = player?.name === 'failed' ? `It cannot be played: ${player.message}` : '';
      return [decoding, playing].filter(Boolean).join(' ');
    }),
    distinctUntilChanged(),
  );
  subscription.add(
    combineLatest([download$, trouble$, decoder$]).subscribe(([download, trouble, decoder]) => {
      const failure = download.name === 'failed' ? download.message : '';
      setAttribute(element('message'), 'data-bad', String(failure !== '' || trouble !== ''));
      const result = decoder.name === 'done' ? resultText(decoder, song$.value?.format.md5) : '';
      const news = [failure, trouble, result].filter(Boolean).join(' ');
      write(element('message'), news || `${said(download)}.`);
    }),
  );
  // Every quarter, and every change: more would be noise.
  const quarter$ = content.coverage$.pipe(
    map(({ coveredBytes }) => Math.floor((coveredBytes / (content.expectedLength ?? Infinity)) * 4) * 25),
    filter((percent) => percent > 0 && percent < 100),
    distinctUntilChanged(),
    map((percent) => `${percent} % downloaded`),
  );
  const said$ = combineLatest([download$, trouble$]).pipe(
    map(([state, trouble]) => {
      return trouble === '' ? said(state) : `${said(state)}. ${trouble}`;
    }),
  );
  for (const texts$ of [said$, quarter$]) {
    subscription.add(texts$.subscribe((text) => write(element('live'), text)));
  }
  subscription.add(() => {
    play.disabled = true;
    action.disabled = true;
    write(play, 'Play');
    write(element('message'), '');
  });
  return subscription;
}

const SAID = {
  queued: 'The download waits for room',
  running: 'Downloading',
  retrying: 'Trying again',
  stopped: 'Download paused; what is there stays',
  complete: 'Downloaded',
};

function said(state: DownloadState): string {
  return state.name === 'failed' ? `Download failed. ${state.message}` : SAID[state.name];
}

/** What the header has where it does not know. */
const UNKNOWN_MD5 = '0'.repeat(32);

function resultText({ md5, silentSamples }: DecoderState & { name: 'done' }, expected: string | undefined): string {
  const silent = silentSamples === 0 ? '' : ` ${silentSamples} samples were damaged.`;
  return `All samples are decoded; their MD5 is ${md5}, ${verdict(md5, expected)}.${silent}`;
}

function verdict(md5: string, expected: string | undefined): string {
  if (md5 === expected) return 'the one in the file’s header';
  return expected === UNKNOWN_MD5 ? 'and the file’s header has none' : `not that of the header, ${expected}`;
}
