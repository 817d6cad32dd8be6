// The job: a resource, a downloader that writes into it, a decoder that reads from it in another thread, and a display
// that watches both. None of these three knows of the others; the resource is all they share.

import { EMPTY, combineLatest, defer, endWith, filter, finalize, forkJoin, ignoreElements, map, merge } from 'rxjs';
import { defaultIfEmpty, scan, share, startWith, take, tap, throwIfEmpty } from 'rxjs';
import { MemDriver, Resource, progress } from 'tidemark';
import { runDecoder } from './decoder-thread.js';
import { download } from './downloader.js';
import { NOT_STARTED, followPlayback, seekStory } from './playback.js';
import { seekOnce } from './seek.js';

/**
 * @typedef {import('rxjs').Observable<import('./decode-worker.js').DecoderMessage>} DecoderMessages
 *
 * @typedef {object} Outcome
 * @property {import('./flac-decoder.js').Format} format
 * @property {{ samples: number, md5: string, damagedFrames: number }} done
 * @property {number | undefined} firstSamplesAt in seconds since the start; undefined if there are none
 * @property {number} downloadEndedAt in seconds since the start
 */

/**
 * Downloads, decodes and shows; errors with the first error of either side.
 *
 * @param {URL} url
 * @param {number | undefined} seek where to seek to in the middle of it, in seconds
 * @param {import('./display.js').Display} display
 * @returns {import('rxjs').Observable<Outcome>} emits once; unsubscribing stops everything
 */
export function runJob(url, seek, display) {
  return defer(() => {
    const seconds = stopwatch();
    const resource = Resource.open(new MemDriver());
    const port = resource.createPort({ name: 'decoder' });
    const decoder$ = runDecoder(port.handle, { awaitSeek: seek !== undefined }).pipe(share());

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
      downloadEndedAt: download(resource, url).pipe(
        ignoreElements(),
        endWith(undefined),
        map(seconds),
        tap((at) => display.say(`download ended after ${at.toFixed(2)} s`)),
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
    );
    return merge(onTheSide$.pipe(ignoreElements()), outcome$).pipe(
      take(1),
      finalize(() => {
        display.clear();
        resource.close();
      }),
    );
  });
}

/**
 * Everything there is to see, whenever any of it changes.
 *
 * @param {Resource} resource
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
