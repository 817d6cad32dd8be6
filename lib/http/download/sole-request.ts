import { defer, type Observable, of, retry, Subject, switchMap, takeUntil, tap, throwError, timer } from 'rxjs';

import type { Activity, ActivityState, Doing } from './activity.js';
import { Failures } from './failures/failures.js';
import { isRefusal } from './http-error.js';
import type { Bid, Permit, Permits } from './permits.js';
import type { DownloadSettings } from './read-options.js';
import { locate } from './request/locate.js';
import type { SourceUrl } from './request/source-url.js';

/** Ends a request that has to make room; it is made anew when there is leave for it. */
const REVOKED = new Error('revoked');

/** What it works with. */
export interface SoleContext {
  readonly source: SourceUrl;
  readonly settings: DownloadSettings;
  readonly permits: Permits;
  readonly activity: Activity;
}

/** One request at a time, made again until it succeeds, or until its failure is final. */
export class SoleRequest {
  readonly #context: SoleContext;
  readonly #failures: Failures;
  readonly #revoked$ = new Subject<unknown>();
  readonly #told: () => Pick<Doing, 'reconnectedAt'>;
  #state: ActivityState = 'queued';
  #retryAt: number | undefined;
  #address = '';
  #askedAt = 0;

  /** @param told - what there is to say beside */
  constructor(context: SoleContext, told: () => Pick<Doing, 'reconnectedAt'> = () => ({})) {
    this.#context = context;
    this.#told = told;
    this.#failures = new Failures(context.settings.retry);
  }

  /** Where it was last made to. */
  get address(): string {
    return this.#address;
  }

  /** Makes it with `ask`, as soon as there is leave, and after each failure that is not final. */
  run<T>(ask: (address: string, permit: Permit) => Observable<T>): Observable<T> {
    const { permits, activity } = this.#context;
    const bid = this.#bid();
    return defer(() => {
      activity.lookAt(() => this.#doing());
      const changes = permits.changes$.subscribe(() => activity.refresh());
      return defer(() => {
        this.#state = 'queued';
        // Where there is leave at once it never is.
        queueMicrotask(() => activity.refresh());
        return permits.run(bid, (permit) => this.#ask(ask, permit));
      }).pipe(
        retry({ delay: (error: unknown) => this.#backOff(error) }),
        tap({
          finalize: () => {
            changes.unsubscribe();
          },
        }),
      );
    });
  }

  /** New bytes have come. */
  received(): void {
    this.#failures.succeeded(performance.now());
    this.#is('receiving');
  }

  #bid(): Bid {
    const { source } = this.#context;
    const isReceiving = (): boolean => this.#state === 'receiving';
    return {
      get origin() {
        return source.origin;
      },
      get receiving() {
        return isReceiving();
      },
      bytes: Infinity,
      received: undefined,
      urgency: undefined,
      yields: false,
      idles: false,
      revoke: () => {
        this.#revoked$.next(true);
      },
    };
  }

  #ask<T>(ask: (address: string, permit: Permit) => Observable<T>, permit: Permit): Observable<T> {
    const { source, settings, permits } = this.#context;
    this.#is('requesting');
    this.#askedAt = performance.now();
    this.#failures.asked(this.#askedAt, permit.waited);
    return locate(source, settings.timeout).pipe(
      switchMap((address) => {
        if (!permit.fits()) return throwError(() => permits.again);
        this.#address = address;
        return ask(address, permit);
      }),
      takeUntil(
        this.#revoked$.pipe(
          tap(() => {
            throw REVOKED;
          }),
        ),
      ),
    );
  }

  #backOff(error: unknown): Observable<unknown> {
    if (error === REVOKED) return of(true);
    if (isRefusal(error) && this.#context.source.renew(this.#address)) return of(true);
    const now = performance.now();
    const wait = this.#failures.failed(error, { askedAt: this.#askedAt, now, receiving: false });
    if (wait === undefined) return throwError(() => error);
    this.#retryAt = now + wait;
    this.#is('retrying');
    return timer(wait);
  }

  #is(state: ActivityState): void {
    this.#state = state;
    this.#context.activity.refresh();
  }

  #doing(): Doing {
    const doing = { attempt: this.#failures.count + 1, lastError: this.#failures.last, ...this.#told() };
    if (this.#context.permits.paused) return { ...doing, state: 'paused' };
    return { ...doing, state: this.#state, retryAt: this.#state === 'retrying' ? this.#retryAt : undefined };
  }
}
