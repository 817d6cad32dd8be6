import { defer, Observable, of, retry, type Subscriber, Subscription, switchMap, throwError, timer } from 'rxjs';

import { StorageError } from '../../errors/storage-error.js';
import type { ByteRange } from '../../range/byte-range.js';
import { LONGEST_TIMER } from '../../range/times.js';
import type { Resource } from '../../resource/resource.js';
import { endedError } from '../../view/answer-error.js';
import type { DownloadSettings } from './download-options.js';
import { isBreak, isRefusal, isTransient } from './http-error.js';
import type { KnownContent } from './known-content.js';
import { LaneRequests } from './lane-requests.js';
import { Lane } from './lane.js';
import { Pace } from './pace.js';
import { plan, type Wanted } from './plan.js';
import { RequestSize } from './request-size.js';
import type { SourceUrl } from './source-url.js';

/**
 * Fetches what `resource` lacks, and completes when nothing is missing; errors with the first failure that is final.
 * Unsubscribing aborts every request.
 */
export function transfer(
  resource: Resource,
  content: KnownContent,
  source: SourceUrl,
  settings: DownloadSettings,
): Observable<never> {
  return new Observable((subscriber) => new Transfer(resource, content, source, settings, subscriber).start());
}

/**
 * The requests of one download. {@link plan} says which to make, at each change of the demand and whenever bytes have come.
 *
 * A lane is one stretch of bytes: it asks for them, and asks for the rest again when a request fails. A server that sends everything,
 * whatever it is asked for, is left one lane, which brings the bytes in order.
 */
class Transfer {
  readonly #resource: Resource;
  readonly #content: KnownContent;
  readonly #source: SourceUrl;
  readonly #settings: DownloadSettings;
  readonly #subscriber: Subscriber<never>;
  readonly #work = new Subscription();
  readonly #lanes = new Set<Lane>();
  readonly #pace = new Pace();
  readonly #requests: LaneRequests;
  readonly #requestSize: RequestSize;
  #demands: readonly Wanted[] = [];
  #lastDemands: readonly ByteRange[] = [{ start: 0, end: 0 }];
  /** No request before that moment, in epoch milliseconds: the server has asked for it, or has failed over and over. */
  #notBefore = 0;
  /** Failures since a new byte has come. */
  #failures = 0;
  #failedAt = 0;

  constructor(
    resource: Resource,
    content: KnownContent,
    source: SourceUrl,
    settings: DownloadSettings,
    subscriber: Subscriber<never>,
  ) {
    this.#resource = resource;
    this.#content = content;
    this.#source = source;
    this.#settings = settings;
    this.#subscriber = subscriber;
    this.#requestSize = new RequestSize(resource, settings.chunkSize);
    this.#requests = new LaneRequests(resource, content, source, settings, this.#pace, (lane) => {
      this.#leaveOnly(lane);
    });
  }

  start(): Subscription {
    this.#work.add(() => {
      for (const lane of this.#lanes) lane.requests.unsubscribe();
    });
    this.#work.add(
      this.#resource.status$.subscribe((status) => {
        if (status.state === 'committed') this.#complete();
        else if (status.state === 'closed') this.#fail(closedError());
        else if (status.state !== 'active') this.#fail(endedError(status, 'Downloaded the rest'));
      }),
    );
    if (this.#subscriber.closed) return this.#work;
    this.#work.add(
      // Anybody's: others may write, too.
      this.#resource.writes$.subscribe(() => {
        this.#plan();
      }),
    );
    this.#work.add(
      this.#resource.demand$.subscribe((demands) => {
        this.#demands = demands.map(({ range, since, neededBy }) => ({ ...range, since, neededBy }));
        if (demands.length > 0) this.#lastDemands = this.#demands;
        // Only now: at a write this list may be an old one.
        for (const lane of this.#plan()) lane.carriedAt = Date.now();
      }),
    );
    return this.#work;
  }

  /** Makes the requests be those that are wanted now; answers those that bring what somebody waits for. */
  #plan(): readonly Lane[] {
    if (this.#subscriber.closed || this.#hasEnded()) return [];
    const lanes = [...this.#lanes];
    if (lanes.some(({ whole }) => whole)) return [];
    if (this.#requests.unranged) {
      if (lanes.length === 0) this.#open(new Lane(0, Infinity));
      return [];
    }
    const { stop, shorten, start, carriers } = plan<Lane>({
      demands: this.#demands,
      lastDemands: this.#lastDemands,
      transits: lanes.filter(({ drained }) => !drained),
      nextGap: (from, limit) => (from < limit ? this.#resource.nextGap(from, limit) : undefined),
      end: this.#content.end,
      bytesInLatency: this.#pace.bytesInLatency,
      concurrency: this.#settings.concurrency,
      readAhead: this.#settings.readAhead,
      chunkSize: this.#requestSize.current,
    });
    for (const lane of stop) this.#close(lane);
    for (const { transit, end } of shorten) transit.end = end;
    for (const range of start) {
      // All of its bytes have come, only the end of its body has not.
      const drained = [...this.#lanes].find((lane) => lane.drained);
      if (drained !== undefined && this.#lanes.size >= this.#settings.concurrency) this.#close(drained);
      this.#open(new Lane(range.start, range.end));
    }
    return carriers;
  }

  #hasEnded(): boolean {
    try {
      if (!this.#content.isComplete()) return false;
      this.#complete();
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  /** Who hears of the end may subscribe again at once: nothing may be left of this one then. */
  #complete(): void {
    this.#work.unsubscribe();
    this.#subscriber.complete();
  }

  #fail(error: unknown): void {
    this.#work.unsubscribe();
    this.#subscriber.error(error);
  }

  #open(lane: Lane): void {
    this.#lanes.add(lane);
    const requests$ = defer(() => {
      const wait = this.#notBefore - Date.now();
      return wait > 0 ? timer(wait) : of(0);
    }).pipe(
      switchMap(() => this.#source.locate()),
      switchMap((address) => this.#requests.request(lane, address)),
      retry({ delay: (error: unknown) => this.#backOff(lane, error) }),
    );
    lane.requests.add(
      requests$.subscribe({
        next: () => {
          this.#failures = 0;
        },
        error: (error: unknown) => {
          this.#fail(error);
        },
        complete: () => {
          this.#requestSize.succeeded();
          this.#close(lane);
          this.#plan();
        },
      }),
    );
  }

  #close(lane: Lane): void {
    this.#lanes.delete(lane);
    lane.requests.unsubscribe();
    if (this.#lanes.size === 0) this.#pace.rest();
  }

  #leaveOnly(lane: Lane): void {
    for (const other of [...this.#lanes]) if (other !== lane) this.#close(other);
  }

  /** When to make a request again; errors if that is of no use. */
  #backOff(lane: Lane, error: unknown): Observable<unknown> {
    if (lane.again) {
      lane.again = false;
      return of(true);
    }
    if (isRefusal(error) && this.#source.renew(lane.address)) return of(true);
    if (isBreak(error) && !lane.gained && !lane.whole) {
      this.#requestSize.failed(lane.end - lane.position);
      lane.end = Math.min(lane.end, lane.position + this.#requestSize.current);
    }
    const { count, delay, maxDelay } = this.#settings.retry;
    const askedFor = (isTransient(error) ? error.retryAfterMs : undefined) ?? 0;
    // Requests that failed together are one failure.
    if (lane.askedAt >= this.#failedAt) this.#failures += 1;
    this.#failedAt = Date.now();
    const failures = this.#failures;
    if (!isTransient(error) || failures > count || askedFor > maxDelay) return throwError(() => error);
    // Jitter keeps clients that a server lost together from coming back together.
    const backOff = Math.min(maxDelay, delay * 2 ** (failures - 1)) * (1 - Math.random() / 2);
    const wait = Math.min(LONGEST_TIMER, Math.max(backOff, askedFor));
    // One failure is this request's own affair; several in a row are everybody's.
    if (failures > 1 || askedFor > 0) this.#notBefore = Math.max(this.#notBefore, Date.now() + wait);
    return timer(wait);
  }
}

function closedError(): StorageError {
  const found = 'The resource was closed while it was being downloaded into.';
  return new StorageError(
    'CLOSED',
    `${found} What was written is kept where its driver can. Unsubscribe the download before.`,
  );
}
