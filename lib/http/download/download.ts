import { concat, defer, EMPTY, endWith, ignoreElements, type Observable, tap, throwError } from 'rxjs';

import { StorageError } from '../../errors/storage-error.js';
import { type Progress, sampleUntil } from '../../operators/progress.js';
import type { Resource } from '../../resource/resource.js';
import { endedError } from '../../view/answer-error.js';
import { type DownloadOptions, type DownloadSettings, readOptions } from './download-options.js';
import { KnownContent } from './known-content.js';
import { checkUrl, type DownloadUrl, SourceUrl } from './source-url.js';
import { transfer } from './transfer.js';

const EVERY = 250; // ms

/** The resources that are being downloaded into. */
const busy = new WeakSet<Resource>();

/**
 * Downloads `url` into `resource`: what it lacks, in ranged requests, first what is waited for (`demand$`), then ahead of that, in order.
 *
 * Cold: each subscription is one download. It emits progress at once, every 250 milliseconds and at the end, and completes when everything
 * is there and committed; at once if it is committed already. The first answer sets `identity` (the ETag) and
 * `expectedLength`. A failed resource is reactivated first. Partial content is gone on with: what is there is not fetched again.
 *
 * When somebody waits for bytes that no request is about to bring, requests that nobody waits for are aborted, and what is waited for is
 * asked for at once; several such places are served side by side. Where the server has no ranges, all comes in one pass from the first byte on.
 *
 * Requests that fail on the way (connection, time-out, status 408, 425, 429 or 5xx) are made again, see {@link DownloadOptions.retry}; a `url`
 * function is asked for a new URL when one that worked is refused (400, 401, 403, 404, 410).
 *
 * Unsubscribing aborts every request and leaves the resource active, to be gone on with. So does `onError: 'leave'` when it errors; by
 * default an error fails the resource. What was written stays readable in either case. It errors with
 *
 * - `HTTP`: a final status (in `httpStatus`, and `retryAfterMs` where the server said so), or a connection that failed too often;
 * - `TIMEOUT`: a server that stalled too often;
 * - `CHANGED`: the server has another version than the one that is stored, or it cannot be told whether a partial download found at open
 *   is of the same one, since it has no strong ETag (see {@link DownloadOptions.trustLength}). Nothing of the other version is written;
 * - `INVALID_ARGUMENT`: something else downloads into the resource; this leaves the resource as it is;
 * - what a write and `commit` throw, `CLOSED`, `CANCELLED` or `FAILED` if the resource ends otherwise, and what a `url` function throws.
 *
 * Throws `INVALID_ARGUMENT` at the call for a URL or an option that is none.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 * import { download } from 'tidemark/http';
 *
 * const resource = Resource.open(new MemDriver());
 * const downloading = download(resource, 'https://example.org/song.flac').subscribe({
 *   next: ({ fraction = 0 }) => console.log(Math.round(fraction * 100), '%'),
 *   error: (error) => console.error(error.message),
 *   complete: () => console.log('all of it is here'),
 * });
 * // The end of the file comes first, since somebody waits for it.
 * resource.read({ start: 1_000_000, end: 1_000_128 }).subscribe((bytes) => console.log(bytes));
 * ```
 */
export function download(resource: Resource, url: DownloadUrl, options: DownloadOptions = {}): Observable<Progress> {
  if (typeof (resource as Partial<Resource> | undefined)?.writeAt !== 'function') {
    throw new TypeError(
      'Expected a Resource to download into. A reader cannot write: download in the thread that owns the resource.',
    );
  }
  const settings = readOptions(options);
  if (typeof url !== 'function') checkUrl(url);
  return defer(() => {
    if (busy.has(resource)) {
      const found = 'Asked to download into a resource, and another download into it is running.';
      return throwError(() => new StorageError('INVALID_ARGUMENT', `${found} Unsubscribe that one, or share() it.`));
    }
    busy.add(resource);
    return sampleUntil(resource, EVERY, run(resource, new SourceUrl(url), settings).pipe(endWith(true))).pipe(
      tap({
        error: (error: unknown) => {
          // Before it is passed on: who hears of it may subscribe again at once.
          busy.delete(resource);
          if (settings.onError === 'fail') resource.fail(error instanceof Error ? error : String(error));
        },
        complete: () => {
          busy.delete(resource);
        },
        unsubscribe: () => {
          busy.delete(resource);
        },
      }),
    );
  });
}

/** Completes when it is done; emits nothing. */
function run(resource: Resource, source: SourceUrl, settings: DownloadSettings): Observable<never> {
  return defer(() => {
    const { state } = resource.status;
    if (state === 'committed') return EMPTY;
    if (state === 'failed') resource.reactivate();
    const content = new KnownContent(resource, settings.trustLength);
    const commit$ = defer(() => {
      const { status } = resource;
      if (status.state === 'active') resource.commit(content.total);
      else if (status.state !== 'committed') throw endedError(status, 'Committed the download');
      return EMPTY;
    });
    // Most of what a commit has to make durable is so already when it comes.
    const durable$ = defer(() => resource.checkpoint()).pipe(ignoreElements());
    return concat(transfer(resource, content, source, settings), settings.commit ? concat(durable$, commit$) : EMPTY);
  });
}
