// The browser's own player: it plays from the store, through the service worker.

import { EMPTY, filter, from, fromEvent, map, Subscription, switchMap } from 'rxjs';
import { type ServedMedia, serveMedia } from 'tidemark/browser';
import { messageOf } from './format.js';
import { element, write } from './page.js';
import type { Session } from './session.js';

const audio = element('audio', HTMLAudioElement);

/** Resolves to undefined where it cannot be, and says why. */
export async function serveAudio(): Promise<ServedMedia | undefined> {
  try {
    return await serveMedia({ worker: new URL('sw.js', document.baseURI) });
  } catch (error) {
    write(element('audio-note'), messageOf(error));
    return undefined;
  }
}

/** Gives the element the song, until unsubscribed. Of the two players one plays at a time. */
export function showAudio({ content, song$ }: Session, serving: Promise<ServedMedia | undefined>): Subscription {
  const subscription = new Subscription();
  const served$ = from(serving).pipe(
    filter((media) => media !== undefined),
    map((media) => media.expose(content, { contentType: 'audio/flac' })),
  );
  const served = served$.subscribe((exposed) => {
    audio.src = exposed.url;
    subscription.add(() => {
      audio.removeAttribute('src');
      audio.load();
      exposed.close();
    });
  });
  subscription.add(served);
  const state$ = song$.pipe(switchMap((song) => song?.player.state$ ?? EMPTY));
  subscription.add(state$.pipe(filter(({ name }) => name === 'playing')).subscribe(() => audio.pause()));
  subscription.add(fromEvent(audio, 'play').subscribe(() => song$.value?.player.pause()));
  return subscription;
}
