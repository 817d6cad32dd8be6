// The song that is open: shown as long as it is, and as its store has it.

import { catchError, concat, defer, filter, Observable, of, switchMap, takeUntil } from 'rxjs';
import { isStorageError } from 'tidemark';
import type { ServedMedia } from 'tidemark/browser';
import type { Lease } from 'tidemark/store';
import { download } from './actions.js';
import { showAudio } from './audio-element.js';
import { showControls } from './controls.js';
import { showFigures } from './figures.js';
import { messageOf } from './format.js';
import type { SongStore } from './open-store.js';
import { element, setAttribute, write } from './page.js';
import { showReaders } from './readers.js';
import { showSlider } from './seeking.js';
import { Session } from './session.js';
import { nameOf } from './songs.js';
import { showStage } from './stage.js';

/** A song that somebody wants to hear. */
export interface Asked {
  readonly key: string;
  /** It is to be stored, and not only to be shown as far as it is. */
  readonly isAdded: boolean;
}

/** Shows a song while subscribed to; emits its key, and undefined when it is there no more. */
export function song$(
  store: SongStore,
  serving: Promise<ServedMedia | undefined>,
  { key, isAdded }: Asked,
): Observable<string | undefined> {
  return defer(() => {
    write(element('name'), nameOf(key));
    return acquired$(store, key, isAdded);
  }).pipe(
    switchMap((lease) =>
      concat(
        of(key),
        shown$(lease, store, serving),
        // The server has another version, of which there is nothing yet; or it was removed.
        defer(() => (isChanged(lease) ? song$(store, serving, { key, isAdded: true }) : gone$())),
      ),
    ),
    catchError((error: unknown) => gone$(messageOf(error))),
  );
}

/** Whoever gets the lease closes it. */
function acquired$(store: SongStore, key: string, isAdded: boolean): Observable<Lease> {
  return new Observable((subscriber) => {
    const acquire = async (): Promise<void> => {
      if (isAdded) await download(store, key);
      const lease = await store.acquire(key);
      if (subscriber.closed) lease.close();
      else subscriber.next(lease);
    };
    acquire().catch((error: unknown) => subscriber.error(error));
  });
}

/** Completes when the lease has ended. */
function shown$(lease: Lease, store: SongStore, serving: Promise<ServedMedia | undefined>): Observable<never> {
  return new Observable<never>((subscriber) => {
    const session = new Session(lease, store, crossOriginIsolated);
    subscriber.add(showStage(session));
    subscriber.add(showSlider(session));
    subscriber.add(showFigures(session));
    subscriber.add(showReaders(session));
    subscriber.add(showControls(session, store));
    subscriber.add(showAudio(session, serving));
    subscriber.add(() => session.close());
  }).pipe(takeUntil(lease.status$.pipe(filter(({ state }) => state === 'closed'))));
}

function isChanged(lease: Lease): boolean {
  try {
    lease.nextGap(0);
    return false;
  } catch (error) {
    return isStorageError(error, 'CHANGED');
  }
}

function gone$(message = ''): Observable<undefined> {
  return defer(() => {
    write(element('name'), 'No song is open');
    setAttribute(element('message'), 'data-bad', String(message !== ''));
    write(element('message'), message);
    return of(undefined);
  });
}
