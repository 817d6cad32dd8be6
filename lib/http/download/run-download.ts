import {
  catchError,
  concat,
  defer,
  EMPTY,
  ignoreElements,
  type Observable,
  Subscription,
  takeUntil,
  tap,
  throwError,
  using,
} from 'rxjs';

import { StorageError } from '../../errors/storage-error.js';
import { abortion } from '../../operators/abortion.js';
import { MAX_OFFSET } from '../../range/byte-range.js';
import type { Resource } from '../../resource/resource.js';
import { endedErrorOf } from '../../view/ended-error-of.js';
import { INSIDE } from '../../view/own-view.js';
import type { Activity } from './activity.js';
import { isFalsified, KnownContent } from './answer/known-content.js';
import { type DownloadProgress, reportProgress } from './download-progress.js';
import { appendLive } from './live/append-live.js';
import type { Permits } from './permits.js';
import type { DownloadSettings } from './read-options.js';
import { type DownloadUrl, SourceUrl } from './request/source-url.js';
import { revalidate } from './revalidate.js';
import { transfer } from './transfer.js';

/** What one subscription has of its own. */
export interface Session {
  readonly permits: Permits;
  readonly activity: Activity;
}

/** The resources that are being downloaded into. */
const busy = new WeakSet<Resource>();

/** A download, whose arguments are checked; each subscription begins a session. */
export function runDownload(
  resource: Resource,
  url: DownloadUrl,
  settings: DownloadSettings,
  begin: () => Session,
): Observable<DownloadProgress> {
  return defer(() => {
    const { signal } = settings;
    if (signal?.aborted === true) return abortion('Downloaded', signal);
    if (resource.status.state === 'closed') {
      return throwError(() => endedErrorOf(resource, resource.status, 'Asked for a download'));
    }
    if (busy.has(resource)) {
      const found = 'Asked to download into a resource, and another download into it is running.';
      return throwError(() => new StorageError('INVALID_ARGUMENT', `${found} Unsubscribe that one, or share() it.`));
    }
    busy.add(resource);
    const session = begin();
    let aborted = false;
    const run$ = run(resource, new SourceUrl(url), settings, session).pipe(
      // A call of ours was too late: closing is its owner's own doing.
      catchError((error: unknown) => (resource.status.state === 'closed' ? EMPTY : throwError(() => error))),
      takeUntil(
        abortion('Downloaded', signal).pipe(
          tap({
            error: () => {
              aborted = true;
            },
          }),
        ),
      ),
    );
    return reportProgress(resource, session.activity, run$).pipe(
      tap({
        error: (error: unknown) => {
          // Before it is passed on: who hears of it may subscribe again at once.
          busy.delete(resource);
          if (aborted || (settings.onError === 'leave' && !isFalsified(resource))) return;
          resource.fail(error instanceof Error ? error : String(error));
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

/** Completes when it is done, and when the resource is closed; emits nothing. */
function run(
  resource: Resource,
  source: SourceUrl,
  settings: DownloadSettings,
  { permits, activity }: Session,
): Observable<never> {
  return defer(() => {
    const { state } = resource.status;
    if (state === 'committed')
      return settings.revalidate ? revalidate(resource, { source, settings, permits, activity }) : EMPTY;
    if (state === 'failed') resource.reactivate();
    let length: () => number | undefined;
    let isWhole = (): boolean => true;
    const isWindow = resource.driver.use !== undefined;
    let transfer$: Observable<never>;
    if (settings.live) {
      length = () => undefined;
      if (isWindow) isWhole = () => resource.has({ start: 0, end: resource[INSIDE].parts.control.arrivedEnd });
      transfer$ = appendLive({ resource, source, settings, permits, activity });
    } else {
      const content = new KnownContent(resource, settings.trustLength);
      length = () => content.total;
      if (settings.range !== undefined) isWhole = () => content.isComplete();
      transfer$ = transfer({ resource, content, source, settings, permits, activity });
    }
    const commit$ = defer(() => {
      const { status } = resource;
      if (status.state === 'active') resource.commit(length());
      else if (status.state !== 'committed') throw endedErrorOf(resource, status, 'Committed the download');
      return EMPTY;
    });
    // Most of what a commit has to make durable is so already when it comes. Nothing may be evicted
    // meanwhile. Of a window nothing is durable, and no more may be held than a half.
    const { durable = !isWindow } = resource.driver.capabilities;
    const durable$ = durable ? defer(() => resource.checkpoint()).pipe(ignoreElements()) : EMPTY;
    const held$ = using(
      () => {
        const hold = resource.hold({ start: 0, end: MAX_OFFSET });
        return new Subscription(() => {
          hold.release();
        });
      },
      () => concat(durable$, commit$),
    );
    const finally$ = isWindow ? commit$ : held$;
    const finish$ = defer(() => (settings.commit && isWhole() ? finally$ : EMPTY));
    return concat(transfer$, finish$);
  });
}
