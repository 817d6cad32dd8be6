import {
  concat,
  defer,
  distinctUntilChanged,
  map,
  merge,
  type Observable,
  of,
  Subject,
  take,
  takeUntil,
  throwError,
} from 'rxjs';

import type { ViewParts } from '../../bytes/bytes-view.js';
import { endedError } from '../../bytes/ended-error.js';
import { CLOSED_STATUS, type ResourceStatus } from '../../control/resource-status.js';
import type { ContentState } from '../../control/content-state.js';
import type { Coverage } from '../../coverage/coverage.js';
import type { StorageError, StorageErrorDetails } from '../../errors/storage-error.js';
import type { ByteRange } from '../../range/byte-range.js';
import type { Resource } from '../../resource/resource.js';
import { INSIDE, type ViewInside } from '../../view/own-view.js';

/**
 * What a lease is made of: the parts of its resource, until it ends by itself. The resource may
 * live on, for other leases.
 */
export class LeaseParts implements ViewParts {
  readonly resource: Resource;
  readonly state: ContentState;
  readonly bytes: ViewParts['bytes'];
  readonly use: ViewParts['use'];
  readonly waits: ViewInside['waits'];
  readonly #inner: ViewParts;
  readonly #ended$ = new Subject<void>();
  #isEnded = false;
  /** What has ended it, if not a close. */
  #error: StorageError | undefined;

  /** @param read - told of each place that is read, in bytes */
  constructor(resource: Resource, read: (offset: number) => void) {
    const { parts, waits } = resource[INSIDE];
    this.resource = resource;
    this.#inner = parts;
    this.state = parts.state;
    this.use = parts.use;
    this.bytes = {
      copy: (offset, length, target, min) => {
        read(offset);
        return parts.bytes.copy(offset, length, target, min);
      },
    };
    this.waits = {
      wait: (range, options, kind) =>
        defer(() => {
          const wait$ = waits.wait(range, options, kind);
          if (this.#isEnded) return isEmpty(range) ? wait$ : throwError(() => this.#errorNow());
          read(range.start);
          return merge(wait$, this.#ending$).pipe(take(1));
        }),
    };
  }

  get status(): ResourceStatus {
    return this.#isEnded ? CLOSED_STATUS : this.#inner.status;
  }

  get ended(): 'closed' | 'cancelled' | undefined {
    return this.#isEnded ? 'closed' : this.#inner.ended;
  }

  get errorDetails(): StorageErrorDetails {
    return this.#inner.errorDetails;
  }

  has(start: number, end: number): boolean | undefined {
    return this.#isEnded ? undefined : this.#inner.has(start, end);
  }

  assertUsable(asked: string): void {
    if (this.#isEnded) throw this.#errorNow(asked);
    this.#inner.assertUsable(asked);
  }

  /**
   * Ends it: what waits ends with the error, `CLOSED` by default. Later calls do nothing, and
   * return false.
   */
  end(error?: StorageError): boolean {
    if (this.#isEnded) return false;
    this.#isEnded = true;
    this.#error = error;
    this.#ended$.next();
    this.#ended$.complete();
    return true;
  }

  /** What the resource emits, until the lease ends. */
  get coverage$(): Observable<Coverage> {
    return defer(() =>
      this.#isEnded ? of(this.state.coverage) : this.resource.coverage$.pipe(takeUntil(this.#ended$)),
    );
  }

  /** What the resource emits, until the lease ends; then closed. */
  get status$(): Observable<ResourceStatus> {
    const closed$ = of(CLOSED_STATUS);
    return defer(() =>
      this.#isEnded ? closed$ : concat(this.resource.status$.pipe(takeUntil(this.#ended$)), closed$),
    ).pipe(distinctUntilChanged());
  }

  get #ending$(): Observable<never> {
    return this.#ended$.pipe(
      map(() => {
        throw this.#errorNow();
      }),
    );
  }

  #errorNow(asked = 'Asked for bytes'): StorageError {
    return this.#error ?? endedError(CLOSED_STATUS, asked, this.errorDetails);
  }
}

function isEmpty({ start, end }: ByteRange): boolean {
  return start === end;
}
