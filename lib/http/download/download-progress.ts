import { concat, defer, endWith, filter, interval, map, merge, type Observable, of, switchMap, takeUntil } from 'rxjs';

import type { StorageError } from '../../errors/storage-error.js';
import { type Progress, Rate, sample } from '../../operators/progress.js';
import type { Resource } from '../../resource/resource.js';
import type { Activity, Doing } from './activity.js';

const EVERY = 250; // ms
/** What came so long ago says nothing about the rate any more, in milliseconds. */
const FORGOTTEN = 3000;

/** How far a download has come, and what it is doing. */
export interface DownloadProgress extends Progress {
  /**
   * - `queued`: its requests wait for those of other downloads of a `Downloader`;
   * - `requesting`: asked, and nothing has come yet;
   * - `receiving`: bytes come;
   * - `idle`: all that is wanted for now is there (`readAhead`, or a window has no more room);
   * - `retrying`: a request failed, and is made again at `retryAt`;
   * - `paused`: by `Downloader.pause()`, or since its priority is allowed no bytes;
   * - `complete`: everything asked for is there, and was not to be committed;
   * - `committed`: everything is there and committed;
   * - `closed`: the resource was closed or discarded, by whoever owns it.
   *
   * After the last three the download completes.
   */
  readonly state:
    'queued' | 'requesting' | 'receiving' | 'idle' | 'retrying' | 'paused' | 'complete' | 'committed' | 'closed';
  /** 1, and one more for each failure since a new byte has come. */
  readonly attempt: number;
  /** When the next attempt is made, in epoch milliseconds; only while `retrying`. */
  readonly retryAt?: number;
  /** The last failure that was made good by trying again, until a new byte comes. */
  readonly lastError?: StorageError;
  /**
   * Of live content that was connected to anew: the offset in bytes from which a decoder has to
   * find its feet.
   */
  readonly reconnectedAt?: number;
}

/**
 * Emits how far a download has come: at each change of what it does, every 250 milliseconds while
 * it receives, and at the end of `run$`, which is subscribed to first; errors as that does.
 */
export function reportProgress(
  resource: Resource,
  activity: Activity,
  run$: Observable<never>,
): Observable<DownloadProgress> {
  return defer(() => {
    const sampler = new Sampler(resource);
    const ticks$ = activity.doing$.pipe(
      switchMap((doing) =>
        doing.state === 'receiving'
          ? merge(of(0), interval(EVERY).pipe(filter(() => !activity.refresh()))).pipe(map(() => activity.now))
          : of(doing),
      ),
      takeUntil(run$.pipe(endWith(true))),
    );
    return concat(
      ticks$.pipe(map((doing) => sampler.take(doing))),
      defer(() => of(sampler.last(activity.now))),
    );
  });
}

class Sampler {
  readonly #resource: Resource;
  readonly #rate = new Rate();
  #receivedAt = performance.now();

  constructor(resource: Resource) {
    this.#resource = resource;
  }

  take(doing: Doing): DownloadProgress {
    const now = performance.now();
    if (doing.state === 'receiving') {
      if (now - this.#receivedAt > FORGOTTEN) this.#rate.restart();
      this.#receivedAt = now;
    }
    const { etaMs, ...progress } = sample(this.#resource, this.#rate);
    if (doing.state !== 'receiving') return { ...progress, bytesPerSecond: 0, ...told(doing) };
    return { ...progress, ...(etaMs !== undefined && { etaMs }), ...told(doing) };
  }

  last({ attempt, reconnectedAt }: Doing): DownloadProgress {
    const { state } = this.#resource.status;
    const { etaMs, ...progress } = sample(this.#resource, this.#rate);
    return {
      ...progress,
      // Of a part that is complete nothing more comes.
      ...(etaMs === 0 && { etaMs }),
      ...told({ attempt, reconnectedAt }),
      state: state === 'committed' || state === 'closed' ? state : 'complete',
    };
  }
}

/** Without what there is not. */
function told<T extends Partial<Doing>>({ retryAt, lastError, reconnectedAt, ...rest }: T) {
  return {
    ...rest,
    // By the wall clock of this moment, which may be set before the next.
    ...(retryAt !== undefined && { retryAt: Date.now() + Math.max(0, retryAt - performance.now()) }),
    ...(lastError !== undefined && { lastError }),
    ...(reconnectedAt !== undefined && { reconnectedAt }),
  };
}
