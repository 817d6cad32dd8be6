import { defer, Observable, of, retry, type Subscriber, Subscription, switchMap, throwError, timer } from 'rxjs';

import type { ByteRange } from '../../range/byte-range.js';
import type { Resource } from '../../resource/resource.js';
import { endedError } from '../../view/answer-error.js';
import { type DownloadSettings, LONGEST } from './download-options.js';
import { isRefusal, isTransient } from './http-error.js';
import type { KnownContent } from './known-content.js';
import { LaneRequests } from './lane-requests.js';
import { Lane } from './lane.js';
import { Pace } from './pace.js';
import { plan } from './plan.js';
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
  #demands: readonly ByteRange[] = [];
  #lastDemands: readonly ByteRange[] = [{ start: 0, end: 0 }];
  /** No request before that moment, in epoch milliseconds: the server has asked for it. */
  #notBefore = 0;

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
        if (status.state === 'committed') this.#subscriber.complete();
        else if (status.state !== 'active') this.#subscriber.error(endedError(status, 'Downloaded the rest'));
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
        this.#demands = demands.map(({ range }) => range);
        if (demands.length > 0) this.#lastDemands = this.#demands;
        this.#plan();
      }),
    );
    return this.#work;
  }

  /** Makes the requests be those that are wanted now. */
  #plan(): void {
    if (this.#subscriber.closed) return;
    if (this.#content.isComplete()) {
      this.#subscriber.complete();
      return;
    }
    const lanes = [...this.#lanes];
    if (lanes.some(({ whole }) => whole)) return;
    if (this.#requests.unranged) {
      if (lanes.length === 0) this.#open(new Lane(0, Infinity));
      return;
    }
    const { stop, shorten, start } = plan({
      demands: this.#demands,
      lastDemands: this.#lastDemands,
      transits: lanes.filter(({ drained }) => !drained),
      nextGap: (from, limit) => (from < limit ? this.#resource.nextGap(from, limit) : undefined),
      end: this.#content.end,
      bytesInLatency: this.#pace.bytesInLatency,
      ...this.#settings,
    });
    for (const lane of stop) this.#close(lane);
    for (const { transit, end } of shorten) transit.end = end;
    for (const range of start) this.#open(new Lane(range.start, range.end));
  }

  #open(lane: Lane): void {
    this.#lanes.add(lane);
    const requests$ = defer(() => {
      const wait = this.#notBefore - Date.now();
      return wait > 0 ? timer(wait) : of(0);
    }).pipe(
      switchMap(() => this.#source.locate()),
      switchMap((address) => this.#requests.request(lane, address)),
      retry({ delay: (error: unknown, failures) => this.#backOff(lane, error, failures), resetOnSuccess: true }),
    );
    lane.requests.add(
      requests$.subscribe({
        error: (error: unknown) => {
          this.#subscriber.error(error);
        },
        complete: () => {
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
  #backOff(lane: Lane, error: unknown, failures: number): Observable<unknown> {
    if (lane.again) {
      lane.again = false;
      return of(true);
    }
    if (isRefusal(error) && this.#source.renew(lane.address)) return of(true);
    const { count, delay, maxDelay } = this.#settings.retry;
    const askedFor = (isTransient(error) ? error.retryAfterMs : undefined) ?? 0;
    if (!isTransient(error) || failures > count || askedFor > maxDelay) return throwError(() => error);
    this.#notBefore = Math.max(this.#notBefore, Date.now() + askedFor);
    // Jitter keeps clients that a server lost together from coming back together.
    const backOff = Math.min(maxDelay, delay * 2 ** (failures - 1)) * (1 - Math.random() / 2);
    return timer(Math.min(LONGEST, Math.max(backOff, askedFor)));
  }
}
