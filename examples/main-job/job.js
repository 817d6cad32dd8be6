// The job: a resource, a downloader that writes into it, a decoder that reads from it in another
// thread, and a display that watches both. None of these three knows of the others; the resource is
// all they share.

import { EMPTY, combineLatest, defer, endWith, filter, finalize, forkJoin, ignoreElements, map, merge } from 'rxjs';
import { defaultIfEmpty, of, scan, share, startWith, switchMap, take, tap, throwIfEmpty } from 'rxjs';
import { progress } from 'tidemark';
import { download } from 'tidemark/http';
import { runDecoder } from './decoder-thread.js';
import { NOT_STARTED, followPlayback, seekStory } from './playback.js';
import { seekOnce } from './seek.js';
import { discardIfChanged, startAgainIfChanged } from './start-again.js';
import { closeStore, describeStore, openStore } from './store.js';
import { waitForTags } from './tags.js';

const RETRY = { count: 3, delay: 200 }; // ms; somebody is watching

/**
 * @typedef {import('tidemark/node').StorageResource} StorageResource
 * @typedef {import('rxjs').Observable<import('./decode-worker.js').DecoderMessage>} DecoderMessages
 *
 * @typedef {object} Outcome
 * @property {import('../shared/flac/flac-decoder.js').Format} format
 * @property {{ samples: number, md5: string, damagedFrames: number }} done
 * @property {number | undefined} firstSamplesAt in seconds since the start; undefined if there are
 * none
 * @property {number | undefined} downloadEndedAt in seconds since the start; undefined if there was
 * none
 */

/**
 * Downloads, decodes and shows; errors with the first error of either side. Should the content
 * change on the server, it starts again.
 *
 * @param {object} task
 * @param {URL} task.url
 * @param {number | undefined} task.seek where to seek to in the middle of it, in seconds
 * @param {import('./store.js').Store} task.store
 * @param {import('./display.js').Display} display
 * @returns {import('rxjs').Observable<Outcome>} emits once; unsubscribing stops everything
 */
export function runJob({ url, seek, store }, display) {
  return defer(() => {
    const seconds = stopwatch();
    const resource = openStore(store);
    display.say(describeStore(resource));
    const port = resource.createPort({ name: 'decoder' });
    const decoder$ = whenCurrent(resource).pipe(
      switchMap(() => runDecoder(port.handle, { awaitSeek: seek !== undefined })),
      share(),
    );

    const outcome$ = forkJoin({
      format: decoder$.pipe(
        filter((message) => message.type === 'format'),
        map(({ format }) => format),
      ),
      firstSamplesAt: decoder$.pipe(
        filter((message) => message.type === 'decoded'),
        take(1),
        map(seconds),
        tap((at) => display.say(`first samples out after ${at.toFixed(2)} s`)),
        defaultIfEmpty(undefined),
      ),
      downloadEndedAt: download(resource, url, { retry: RETRY }).pipe(
        ignoreElements(),
        endWith(undefined),
        map(() => (resource.origin.from === 'complete' ? undefined : seconds())),
        tap((at) => display.say(at === undefined ? at : `download ended after ${at.toFixed(2)} s`)),
      ),
      done: decoder$.pipe(
        filter((message) => message.type === 'done'),
        throwIfEmpty(() => new Error('The decoder ended without a result.')),
      ),
    });
    const onTheSide$ = merge(
      display.show(pictures(resource, decoder$)),
      decoder$.pipe(tap((message) => display.say(seekStory(message, seconds())))),
      seek === undefined ? EMPTY : seekOnce(seek, resource, port, decoder$),
      waitForTags(resource),
    );
    return merge(onTheSide$.pipe(ignoreElements()), outcome$).pipe(
      take(1),
      discardIfChanged(resource),
      finalize(() => {
        display.clear();
        display.say(closeStore(resource));
      }),
    );
  }).pipe(startAgainIfChanged((line) => display.say(line)));
}

/**
 * Emits once, as soon as what is there may be decoded. Bytes from an earlier run may be of an older
 * version: not before the server has sent more of the same.
 *
 * @param {StorageResource} resource
 * @returns {import('rxjs').Observable<unknown>}
 */
function whenCurrent(resource) {
  if (resource.origin.from === 'new') return of(true);
  const committed$ = resource.status$.pipe(filter(({ state }) => state === 'committed'));
  return merge(resource.writes$, committed$).pipe(take(1));
}

/**
 * Everything there is to see, whenever any of it changes.
 *
 * @param {StorageResource} resource
 * @param {DecoderMessages} decoder$
 */
function pictures(resource, decoder$) {
  return combineLatest({
    coverage: resource.coverage$,
    demands: resource.demand$,
    progress: progress(resource).pipe(startWith(undefined)),
    playback: decoder$.pipe(scan(followPlayback, NOT_STARTED), startWith(NOT_STARTED)),
  }).pipe(
    map(({ coverage, demands, progress: now, playback }) => ({
      coverage,
      length: resource.expectedLength,
      blockedAt: demands.find(({ blocking }) => blocking)?.range.start,
      bytesPerSecond: now?.bytesPerSecond ?? 0,
      playback,
    })),
  );
}

/** @returns {() => number} seconds since now */
function stopwatch() {
  const start = performance.now();
  return () => (performance.now() - start) / 1000;
}
