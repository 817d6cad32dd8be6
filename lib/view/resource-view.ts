/// <reference lib="esnext.disposable" preserve="true" />
import type { Observable } from 'rxjs';

import type { ResourceStatus } from '../control/resource-status.js';
import type { WaitOutcome } from '../waits/wait-outcome.js';
import type { Coverage } from '../coverage/coverage.js';
import type { ByteRange } from '../range/byte-range.js';
import type { ReadOptions } from '../waits/read-options.js';
import type { WaitOptions } from '../waits/wait-options.js';

/**
 * What a resource ({@link Resource}) and its readers in other threads ({@link ResourceReader}) have
 * in common: to watch coverage and status, to wait for bytes, and to read them.
 *
 * Ranges are half-open, offsets and lengths in bytes. The observables replay the current state,
 * never error, and complete on close. After `close` what reads or waits for bytes ends with
 * `CLOSED`; `status` says closed, `length` is undefined, and the other properties keep their last
 * values. After the resource was cancelled what reads or waits ends with `CANCELLED`.
 */
export interface ResourceView {
  /**
   * The coverage, now and whenever it has changed: conflated to at most one emission a turn, with
   * the newest state, on RxJS's `asapScheduler`. The last one is emitted before `status$` says
   * committed.
   */
  readonly coverage$: Observable<Coverage>;
  /** The status, now and at each change. */
  readonly status$: Observable<ResourceStatus>;
  /** The coverage; the same object until it changes. */
  readonly coverage: Coverage;
  /** The status; the same object until it changes. */
  readonly status: ResourceStatus;
  /** How many bytes are covered; costs the same however many ranges there are. */
  readonly coveredBytes: number;
  /** The final length while committed, else undefined. */
  readonly length: number | undefined;
  /** The total where it is known; the final length once committed. */
  readonly expectedLength: number | undefined;
  /** Names the remote content's version (a strong ETag, say), where it is known. */
  readonly identity: string | undefined;
  /**
   * Returns true if every byte of `range` is there; an empty range always is. As `coverage.has`,
   * without building a snapshot.
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   */
  has(range: ByteRange): boolean;
  /**
   * The first gap that has a byte at `from` or later, cut to `[from, limit)`; undefined if there is
   * none.
   *
   * Throws `INVALID_RANGE`, `CLOSED`, `CANCELLED`.
   *
   * @param limit - where to stop looking, exclusive; by default `expectedLength`, else 2^53−1.
   * Never past the final length
   */
  nextGap(from: number, limit?: number): ByteRange | undefined;
  /**
   * Waits until `range` is there.
   *
   * Cold: each subscription is one wait, emits exactly one outcome and completes; synchronously
   * where it is known. The rules, in order: an empty range is Ready; a closed resource errors with
   * `CLOSED`, a cancelled one with `CANCELLED`; a covered range is Ready; committed content gives
   * Eof from its end on, and Ready for a range that crosses it; a failed resource errors with
   * `FAILED`; bytes that have gone out of a window that keeps the latest error with `GONE`; else it
   * waits. An interrupt ends it with Interrupted. Numbers outside the domain error with
   * `INVALID_RANGE`, and more than half of a window with `CAPACITY` where it would wait.
   * Unsubscribing withdraws the wait and its demand.
   *
   * In the owner's thread a pending wait does not keep Node's process alive; in another thread it
   * does.
   *
   * @example
   * ```ts
   * import { MemDriver, Resource } from 'tidemark';
   *
   * const resource = Resource.open(new MemDriver());
   * resource.waitRange({ start: 0, end: 4 }).subscribe((outcome) => console.log(outcome)); // ready
   * resource.writeAt(0, new Uint8Array(4));
   * ```
   */
  waitRange(range: ByteRange, options?: WaitOptions): Observable<WaitOutcome>;
  /**
   * Copies the bytes at `offset` into `target`, up to the first gap, the end of the content or the
   * end of `target`; never waits.
   *
   * It ends, too, at the first byte that is *cold*: covered, but out of reach of this thread, as
   * all bytes of a remote view are (`tidemark/remote`), and some of drivers that say so. With such
   * views use {@link read}, which fetches them, and not a wait and `readAt`.
   *
   * Returns how many bytes it copied: 0 at a gap or at the end. Throws `INVALID_RANGE`, `CLOSED`,
   * `CANCELLED`.
   */
  readAt(offset: number, target: Uint8Array): number;
  /**
   * Waits for `range`, then emits its bytes once, as a copy, and completes.
   *
   * The range ends at the final length, else at the expected length: the bytes are fewer there, and
   * none behind it. It may be longer than a window, and is copied piece by piece then. Errors as
   * {@link waitRange} does, with `INTERRUPTED` after an interrupt, and
   * with `CANCELLED` when `signal` is aborted, also where the bytes are there but the signal was
   * aborted before. Unsubscribing withdraws the wait.
   *
   * @example
   * ```ts
   * import { MemDriver, Resource } from 'tidemark';
   *
   * const resource = Resource.open(new MemDriver()); // somebody writes into it
   * const options = { neededBy: Date.now() + 500, signal: AbortSignal.timeout(5000) };
   * resource.read({ start: 0, end: 4 }, options).subscribe({
   *   next: (bytes) => console.log(bytes),
   *   error: (error) => console.log(error.code, error.cause), // CANCELLED, a TimeoutError
   * });
   * ```
   */
  read(range: ByteRange, options?: ReadOptions): Observable<Uint8Array<ArrayBuffer>>;
  /** Releases all resources. Idempotent. */
  close(): void;
  /** As {@link close}, for `using`. */
  [Symbol.dispose](): void;
}
