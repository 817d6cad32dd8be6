import {
  asapScheduler,
  defer,
  finalize,
  ignoreElements,
  map,
  NEVER,
  type Observable,
  of,
  retry,
  switchMap,
  takeUntil,
  tap,
  throwError,
  timer,
} from 'rxjs';

import { LONGEST_TIMER } from '../../range/times.js';
import type { Doing } from './activity.js';
import { bidOf, idles, isInFlight, isReceiving, mostUrgentOf } from './bid.js';
import { Connections } from './failures/connections.js';
import { Failures } from './failures/failures.js';
import { watchTrickle } from './failures/trickle.js';
import { isBreak, isCrowded, isRefusal, nameOf, trickleError } from './http-error.js';
import type { Bid, Permit } from './permits.js';
import { locate } from './request/locate.js';
import type { Stream } from './request/stream.js';
import type { Around, TransferContext } from './transfer-context.js';

/** A server may still count a request that was given up so many milliseconds ago. */
const JUST_NOW = 1000;
/** How long to wait for it to notice, in milliseconds; twice as long each time after. */
const SETTLING = 20;
/** How often in a row, without a byte in between. */
const MOST_SETTLINGS = 5;

/**
 * The requests that the streams of a download take, until all of their bytes have come: when they
 * are made, and when again.
 */
export class Attempts {
  readonly #context: TransferContext;
  readonly #around: Around;
  readonly #failures: Failures;
  readonly #connections: Connections;
  /**
   * When a request last ended, and when one was last given up before its end, in milliseconds of
   * `performance.now()`.
   */
  #endedAt = -Infinity;
  #cutAt = -Infinity;
  #settlings = 0;

  constructor(context: TransferContext, around: Around) {
    const { settings } = context;
    this.#context = context;
    this.#around = around;
    this.#failures = new Failures(settings.retry);
    this.#connections = new Connections(settings.concurrency);
  }

  /** The most requests at once. */
  get most(): number {
    return this.#connections.most;
  }

  /**
   * Makes the requests that a stream takes; completes when its bytes have come, and errors with the
   * first failure that is final.
   */
  run(stream: Stream): Observable<never> {
    const { permits } = this.#context;
    const bid = bidOf(stream, this.#context, this.#around);
    return defer(() => this.#wait(stream, this.#failures.notBefore - performance.now())).pipe(
      switchMap(() => {
        stream.phase = 'queued';
        return permits.run(bid, (permit) => this.#ask(stream, permit));
      }),
      retry({ delay: (error: unknown) => this.#backOff(stream, bid, error) }),
      tap(() => {
        this.#failures.succeeded(performance.now());
        this.#settlings = 0;
      }),
      ignoreElements(),
    );
  }

  /** A stream is no more. */
  ended(stream: Stream): void {
    if (stream.tries > 0) this.#endedAt = performance.now();
    if (isInFlight(stream) && !stream.drained) this.#cutAt = performance.now();
  }

  /** One request, now that there is leave for it. */
  #ask(stream: Stream, permit: Permit): Observable<unknown> {
    const { source, settings, permits, activity } = this.#context;
    stream.phase = 'requesting';
    stream.pace = (bytes) => (stream.whole ? permit.paces(bytes) : undefined);
    if (!this.#around.requests.unranged) stream.end = Math.min(stream.end, stream.position + permit.bytes);
    stream.askedAt = performance.now();
    stream.answered = false;
    this.#failures.asked(stream.askedAt, permit.waited);
    activity.refresh();
    return locate(source, settings.timeout).pipe(
      switchMap((address) => {
        if (!permit.fits()) return throwError(() => permits.again);
        return this.#around.requests.request(stream, address).pipe(
          takeUntil(this.#watch(stream, address)),
          finalize(() => {
            this.#record(stream, address);
          }),
        );
      }),
    );
  }

  /**
   * Errors when a request that somebody waits for brings next to nothing, and another one promises
   * more.
   */
  #watch(stream: Stream, address: string): Observable<never> {
    const { settings, permits } = this.#context;
    const { origin } = new URL(address);
    const watched = {
      get bytes() {
        return stream.bytes;
      },
      matters: () =>
        stream.answered &&
        stream.held === undefined &&
        !stream.whole &&
        !stream.drained &&
        mostUrgentOf(stream, this.#around) !== undefined,
      isWorthIt: (rate: number) => permits.rates.promises(origin, rate, stream.tries === 1),
    };
    return watchTrickle(settings.minRate, watched).pipe(
      map(({ bytes, ms }) => {
        throw trickleError(nameOf(address), bytes, ms);
      }),
    );
  }

  /** How fast a request was, now that it has ended. */
  #record(stream: Stream, address: string): void {
    if (stream.bytes === 0) return;
    const ms = Math.max(1, performance.now() - stream.answeredAt);
    this.#context.permits.rates.record(new URL(address).origin, (stream.bytes / ms) * 1000);
  }

  #wait(stream: Stream, ms: number): Observable<unknown> {
    if (ms <= 0) return of(true);
    stream.phase = 'retrying';
    stream.retryAt = performance.now() + ms;
    this.#context.activity.refresh();
    return timer(Math.min(ms, LONGEST_TIMER));
  }

  /** When to make a request again; errors if that is of no use. */
  #backOff(stream: Stream, bid: Bid, error: unknown): Observable<unknown> {
    const { source, settings } = this.#context;
    if (stream.again) {
      stream.again = false;
      return of(true);
    }
    if (isRefusal(error) && source.renew(stream.address)) return of(true);
    const isCrowd = isCrowded(error) && stream.bytes === 0;
    if (isCrowd && this.#makesDoWithFewer(stream, bid)) return NEVER;
    const now = performance.now();
    const others = this.#others(stream);
    const receiving = others.some((other) => isReceiving(other, now));
    if (isCrowd && this.#isUnsettled(now)) return this.#wait(stream, SETTLING * 2 ** this.#settlings++);
    if (isBreak(error) && !stream.gained && !stream.whole) {
      this.#around.requestSize.failed(stream.end - stream.position);
      stream.end = Math.min(stream.end, stream.position + this.#around.requestSize.current);
    }
    const hurried = isCrowd && others.length > 0;
    const wait = this.#failures.failed(error, { askedAt: stream.askedAt, now, receiving, hurried });
    source.failed(stream.address, this.#failures.count, settings.retry.count);
    return wait === undefined ? throwError(() => error) : this.#wait(stream, wait);
  }

  /**
   * A request was refused, as one too many if others are served: then it is made again when one of
   * them has ended.
   */
  #makesDoWithFewer(stream: Stream, bid: Bid): boolean {
    const others = this.#others(stream);
    if (others.some((other) => isReceiving(other, performance.now()))) this.#connections.refused(others.length);
    else if (others.length > 0 || !this.#context.permits.crowded(bid)) return false;
    this.#around.giveUp(stream);
    // Not within the subscription that has just been ended.
    asapScheduler.schedule(() => {
      this.#around.plan();
    });
    return true;
  }

  /**
   * A server may count a request still that is over for us: then it is asked again, but not for
   * ever.
   */
  #isUnsettled(now: number): boolean {
    const over = this.#connections.found ? this.#endedAt : this.#cutAt;
    return now - over < JUST_NOW && this.#settlings < MOST_SETTLINGS;
  }

  /** The requests on their way beside that of a stream. */
  #others(stream: Stream): Stream[] {
    return [...this.#around.streams].filter((other) => other !== stream && isInFlight(other));
  }

  /** What is being done. */
  doing(): Doing {
    const { permits } = this.#context;
    const attempt = this.#failures.count + 1;
    const lastError = this.#failures.last;
    const streams = [...this.#around.streams].filter((stream) => !idles(stream, this.#around) && !stream.lacksRoom);
    if (permits.paused) return { state: 'paused', attempt, lastError };
    for (const state of ['receiving', 'requesting'] as const) {
      if (streams.some(({ phase }) => phase === state)) return { state, attempt, lastError };
    }
    const retries = streams.filter(({ phase }) => phase === 'retrying').map(({ retryAt }) => retryAt);
    if (retries.length > 0) return { state: 'retrying', attempt, lastError, retryAt: Math.min(...retries) };
    return { state: streams.length > 0 ? 'queued' : 'idle', attempt, lastError };
  }
}
