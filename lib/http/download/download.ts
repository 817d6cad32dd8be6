import type { Observable } from 'rxjs';

import { checkResource } from '../../operators/checks.js';
import type { Resource } from '../../resource/resource.js';
import { Activity } from './activity.js';
import type { DownloadOptions } from './download-options.js';
import type { DownloadProgress } from './download-progress.js';
import { unlimited } from './permits.js';
import { readOptions } from './read-options.js';
import { checkUrl, type DownloadUrl } from './request/source-url.js';
import { runDownload } from './run-download.js';
import { checkKeep } from './window/check-keep.js';

/**
 * Downloads `url` into `resource`: what it lacks, in ranged requests, first what is waited for
 * (`demand$`), then ahead of that, in order.
 *
 * Cold: each subscription is one download. It emits progress at once, whenever it does something
 * else, every 250 milliseconds while it receives, and at the end. It completes when everything is
 * there and committed; at once if it is committed already (unless
 * {@link DownloadOptions.revalidate} says to ask); and when the resource is closed or discarded,
 * which is its owner's own doing. The first answer sets `identity` (the
 * ETag) and `expectedLength`. A failed resource is reactivated first. Partial content is gone on
 * with: what is there is not fetched again.
 *
 * When somebody waits for bytes that no request is about to bring, requests that nobody waits for
 * are aborted, and what is waited for is asked for at once; several such places are served side by
 * side. Where the server has no ranges, all comes in one pass from the first byte on.
 *
 * Into a window (`WindowDriver`) it reads ahead from where readers are, as far as nothing has to go
 * for it that is nearer to one, and goes on as they do. It commits if everything fits; else it does
 * not end, and is `idle` when nothing is to be fetched. Where nothing may go, since all is held or
 * waited for, it waits.
 *
 * Requests that fail on the way (connection, time-out, status 408, 425, 429 or 5xx, any other from
 * 400 on with `Retry-After`, an answer that is none) are made again, see {@link
 * DownloadOptions.retry}. Redirects are resolved once: where the first answer came from is asked
 * from then on. They are resolved anew when that refuses (400, 401, 403, 404, 410) or has failed
 * for half of the attempts, and then a `url` function is asked for a new URL, if the one that it
 * made has worked.
 *
 * Unsubscribing aborts every request and leaves the resource active, to be gone on with. So does
 * `onError: 'leave'` when it errors; by default an error fails the resource. What was written stays
 * readable in either case. It errors with
 *
 * - `HTTP`: a final status (in `httpStatus`, and `retryAfterMs` where the server said so), answers
 *   that are none, or a connection that failed too often. One whose message says that bytes of an
 *   answer are stored that turned out false fails the resource in any case: `discard()` it;
 * - `TIMEOUT`: a server that stalled too often;
 * - `CHANGED`: the server has another version than the one that is stored, or that cannot be told:
 *   bytes that this process has not downloaded need a strong ETag as `identity`, or
 *   {@link DownloadOptions.trustLength}. Nothing of the other version is written;
 * - `CAPACITY`, `NO_SPACE`: the driver cannot hold what is still missing, as it says at the first
 *   answer (see `announce` of `Driver`);
 * - `INVALID_ARGUMENT`: something else downloads into the resource, which this leaves as it is; or
 *   `fetch` does not know the scheme of the URL;
 * - `CLOSED` if the resource was closed before; `CANCELLED` or `FAILED` if it is cancelled by its
 *   own signal, or failed by somebody else; `CANCELLED` when {@link DownloadOptions.signal} is
 *   aborted, which leaves the resource active;
 * - what a write and `commit` throw, and what a function among the arguments throws.
 *
 * Throws `INVALID_ARGUMENT` at the call for a URL or an option that is none, and for a window that
 * does not keep what {@link DownloadOptions.live} says; `INVALID_RANGE` for such a range.
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
export function download(
  resource: Resource,
  url: DownloadUrl,
  options: DownloadOptions = {},
): Observable<DownloadProgress> {
  checkResource(resource);
  const settings = readOptions(options);
  checkKeep(resource, settings.live);
  if (typeof url !== 'function') checkUrl(url);
  return runDownload(resource, url, settings, () => ({ permits: unlimited(), activity: new Activity() }));
}
