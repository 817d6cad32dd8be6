import { asapScheduler, defer, finalize, Observable, Subject, tap } from 'rxjs';

import { invalidArgument } from '../../errors/invalid-argument.js';
import { checkOptionNames } from '../../errors/check-option-names.js';
import { checkResource } from '../../operators/checks.js';
import type { Resource } from '../../resource/resource.js';
import { Activity } from '../download/activity.js';
import type { DownloadOptions } from '../download/download-options.js';
import type { DownloadProgress } from '../download/download-progress.js';
import { OPTIONS, readOptions } from '../download/read-options.js';
import { checkUrl, type DownloadUrl } from '../download/request/source-url.js';
import { runDownload } from '../download/run-download.js';
import { checkKeep } from '../download/window/check-keep.js';
import { type ActiveDownload, type DownloadPriority, PRIORITIES } from './active-download.js';
import { Dispatcher } from './dispatcher.js';
import type { Bidder } from './rank.js';

type Shared = Pick<DownloadOptions, 'fetch' | 'headers' | 'retry' | 'timeout'>;

/** What a {@link Downloader} allows its downloads together, and what they have in common. */
export interface DownloaderOptions extends Shared {
  /** The most requests at once. `@default` 6 */
  readonly requests?: number | undefined;
  /** The most requests at once to one origin. `@default` 6 */
  readonly requestsPerOrigin?: number | undefined;
  /** The most bytes a second; 0 pauses all downloads, undefined is no limit. */
  readonly bytesPerSecond?: number | undefined;
}

/** How a {@link Downloader} downloads. */
export interface PrioritizedDownloadOptions extends DownloadOptions {
  /** What it is for. `@default` 'playback' */
  readonly priority?: DownloadPriority | undefined;
}

/**
 * Many downloads that share what there is: so many requests at once, and so many bytes a second.
 *
 * What somebody waits for goes first, of whichever download: the nearest `neededBy`, then who has
 * waited longest. It gets the next request that is free, or that of one that reads ahead, at once.
 * Reading ahead goes by priority, then by subscription.
 *
 * A limit of bytes holds by asking for no more than it allows, since what is asked for and not read
 * is sent all the same. Where a server has no ranges, its answers are read as slowly.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 * import { Downloader } from 'tidemark/http';
 *
 * const downloader = new Downloader({ requests: 4 });
 * downloader.limit('background', 500_000);
 * const [song, next] = [Resource.open(new MemDriver()), Resource.open(new MemDriver())];
 * const url = 'https://example.org/';
 * downloader.download(song, `${url}1.flac`).subscribe({ error: console.error });
 * downloader
 *   .download(next, `${url}2.flac`, { priority: 'prefetch' })
 *   .subscribe({ error: console.error });
 * downloader.downloads$.subscribe((downloads) => {
 *   for (const { priority, progress } of downloads) {
 *     console.log(priority, progress.state, progress.fraction);
 *   }
 * });
 * ```
 */
export class Downloader {
  /**
   * The downloads that are subscribed to, in the order of their subscriptions. Replays; emits when
   * one comes, goes, or changes in its priority or progress, once a turn of the event loop at most.
   * The objects stay the same. It never errors or completes.
   */
  readonly downloads$: Observable<readonly ActiveDownload[]>;
  readonly #dispatcher: Dispatcher;
  readonly #shared: Shared;
  readonly #active = new Set<Active>();
  readonly #changed$ = new Subject<void>();
  #announced = false;
  #begun = 0;

  /** Throws `INVALID_ARGUMENT`, and a `TypeError` for what TypeScript rejects. */
  constructor(options: DownloaderOptions = {}) {
    checkOptionNames(options, [
      'requests',
      'requestsPerOrigin',
      'bytesPerSecond',
      'fetch',
      'headers',
      'retry',
      'timeout',
    ]);
    const { requests = 6, requestsPerOrigin = 6, bytesPerSecond, fetch, headers, retry, timeout } = options;
    checkRequests('requests', requests);
    checkRequests('requestsPerOrigin', requestsPerOrigin);
    this.#shared = { fetch, headers, retry, timeout };
    readOptions(this.#shared);
    this.#dispatcher = new Dispatcher(requests, requestsPerOrigin);
    this.bytesPerSecond = bytesPerSecond;
    this.downloads$ = new Observable((subscriber) => {
      const changes = this.#changed$.subscribe(() => {
        subscriber.next([...this.#active]);
      });
      subscriber.next([...this.#active]);
      return changes;
    });
  }

  /**
   * The most requests at once. Requests beyond a new, lower number are not cut. Throws
   * `INVALID_ARGUMENT` for less than 1.
   */
  get requests(): number {
    return this.#dispatcher.requests;
  }

  /** Settable at any time. */
  set requests(requests: number) {
    checkRequests('requests', requests);
    this.#dispatcher.requests = requests;
  }

  /**
   * The most bytes a second of all downloads together; undefined: no limit, 0: none, which pauses
   * them. Throws `INVALID_ARGUMENT`.
   */
  get bytesPerSecond(): number | undefined {
    return rateOf(this.#dispatcher.rateOf());
  }

  /** Settable at any time. */
  set bytesPerSecond(bytesPerSecond: number | undefined) {
    this.#dispatcher.setRate(checkRate(bytesPerSecond));
  }

  /**
   * Limits the downloads of one priority together to so many bytes a second: undefined takes the
   * limit away, 0 pauses them.
   *
   * Throws `INVALID_ARGUMENT`.
   */
  limit(priority: DownloadPriority, bytesPerSecond: number | undefined): void {
    checkPriority(priority);
    this.#dispatcher.setRate(checkRate(bytesPerSecond), priority);
  }

  /**
   * Ends all requests, and makes none: what has come is written, and the state of each download is
   * `paused`. Again: nothing.
   */
  pause(): void {
    this.#dispatcher.setPaused(true);
  }

  /** Goes on after {@link pause}. Otherwise: nothing. */
  resume(): void {
    this.#dispatcher.setPaused(false);
  }

  /**
   * Downloads as {@link download} does, within what this allows. What {@link DownloaderOptions} has
   * in common with `options` stands where `options` does not say it. Time that its requests wait
   * for others counts towards no `timeout`, `minRate` or `retry`.
   *
   * Cold; unsubscribing, errors and what is thrown at the call are as of {@link download}.
   */
  download(
    resource: Resource,
    url: DownloadUrl,
    options: PrioritizedDownloadOptions = {},
  ): Observable<DownloadProgress> {
    checkResource(resource);
    checkOptionNames(options, [...OPTIONS, 'priority']);
    const { priority = 'playback', ...own } = options;
    checkPriority(priority);
    const { fetch, headers, retry, timeout } = this.#shared;
    const settings = readOptions({
      ...own,
      fetch: own.fetch ?? fetch,
      headers: own.headers ?? headers,
      retry: own.retry ?? retry,
      timeout: own.timeout ?? timeout,
    });
    checkKeep(resource, settings.live);
    if (typeof url !== 'function') checkUrl(url);
    return defer(() => {
      let active: Active | undefined;
      const begin = (): { permits: ReturnType<Dispatcher['permitsOf']>; activity: Activity } => {
        active = this.#begin(resource, priority);
        return { permits: this.#dispatcher.permitsOf(active), activity: new Activity() };
      };
      return runDownload(resource, url, settings, begin).pipe(
        tap((progress) => active?.tell(progress)),
        finalize(() => {
          if (active !== undefined && this.#active.delete(active)) this.#announce();
        }),
      );
    });
  }

  #begin(resource: Resource, priority: DownloadPriority): Active {
    this.#begun += 1;
    const active = new Active(resource, priority, this.#begun, (reorders) => {
      if (reorders) this.#dispatcher.enforce();
      this.#announce();
    });
    this.#active.add(active);
    this.#announce();
    return active;
  }

  #announce(): void {
    if (this.#announced || !this.#changed$.observed) return;
    this.#announced = true;
    asapScheduler.schedule(() => {
      this.#announced = false;
      this.#changed$.next();
    });
  }
}

class Active implements ActiveDownload, Bidder {
  readonly resource: Resource;
  readonly order: number;
  readonly #changed: (reorders: boolean) => void;
  #priority: DownloadPriority;
  #progress: DownloadProgress;

  constructor(resource: Resource, priority: DownloadPriority, order: number, changed: (reorders: boolean) => void) {
    this.resource = resource;
    this.order = order;
    this.#priority = priority;
    this.#changed = changed;
    this.#progress = { coveredBytes: resource.coveredBytes, bytesPerSecond: 0, state: 'queued', attempt: 1 };
  }

  get priority(): DownloadPriority {
    return this.#priority;
  }

  set priority(priority: DownloadPriority) {
    checkPriority(priority);
    this.#priority = priority;
    this.#changed(true);
  }

  get progress(): DownloadProgress {
    return this.#progress;
  }

  tell(progress: DownloadProgress): void {
    this.#progress = progress;
    this.#changed(false);
  }
}

function checkPriority(priority: DownloadPriority): void {
  if (!PRIORITIES.includes(priority)) {
    throw invalidArgument('priority', PRIORITIES.map((name) => `'${name}'`).join(', '), priority);
  }
}

function checkRequests(name: string, value: number): void {
  if (!Number.isSafeInteger(value) || value < 1) throw invalidArgument(name, 'an integer >= 1', value);
}

/** `Infinity`: no limit. */
function checkRate(bytesPerSecond = Infinity): number {
  if (typeof bytesPerSecond === 'number' && bytesPerSecond >= 0) return bytesPerSecond;
  throw invalidArgument('bytesPerSecond', 'undefined or bytes a second >= 0', bytesPerSecond);
}

function rateOf(rate: number): number | undefined {
  return rate === Infinity ? undefined : rate;
}
