import { LONGEST_TIMER } from '../../../range/times.js';
import type { StorageError } from '../../../errors/storage-error.js';
import type { DownloadSettings } from '../read-options.js';
import { isByLocalClock, isTransient } from '../http-error.js';

/** What a request was doing when it failed. All moments are of `performance.now()`. */
export interface Circumstances {
  /** When it was made. */
  readonly askedAt: number;
  readonly now: number;
  /** Another request of the same download brings bytes. */
  readonly receiving: boolean;
  /**
   * The server may have refused it as one too many, since one was given up a moment before: what it
   * asks for is not meant.
   */
  readonly hurried?: boolean;
}

/**
 * The failures of one download since a new byte has come, and what they make of the next request.
 *
 * Durations are of `performance.now()`: the wall clock may be set at any time, by any amount.
 */
export class Failures {
  /** No request before that moment: the server has asked for it, or has failed over and over. */
  notBefore = -Infinity;
  readonly #retry: DownloadSettings['retry'];
  readonly #random: () => number;
  #count = 0;
  #failedAt = -Infinity;
  /** From when on patience counts. */
  #since = -Infinity;
  #last: StorageError | undefined;

  /** @param random - makes numbers in `[0, 1)` */
  constructor(retry: DownloadSettings['retry'], random: () => number = Math.random) {
    this.#retry = retry;
    this.#random = random;
  }

  /** How many there were. */
  get count(): number {
    return this.#count;
  }

  get last(): StorageError | undefined {
    return this.#last;
  }

  /**
   * A request is made that has waited for leave so many milliseconds: patience is for the server,
   * and not for the time in which nobody asked it for anything.
   */
  asked(now: number, waited = 0): void {
    this.#since = this.#count === 0 ? now : this.#since + waited;
  }

  /** A new byte has come. */
  succeeded(now: number): void {
    this.#count = 0;
    this.#since = now;
    this.#last = undefined;
  }

  /**
   * Returns how long to wait before the next attempt, in milliseconds; undefined says that the
   * error is final.
   */
  failed(error: unknown, { askedAt, now, receiving, hurried = false }: Circumstances): number | undefined {
    if (!isTransient(error)) return undefined;
    const { count: most, delay, maxDelay, patience } = this.#retry;
    const { retryAfterMs = 0 } = hurried ? {} : error;
    const askedFor = isByLocalClock(error) ? Math.min(retryAfterMs, maxDelay) : retryAfterMs;
    // Requests that failed together are one failure.
    if (askedAt >= this.#failedAt) this.#count += 1;
    this.#failedAt = now;
    this.#last = error;
    if (this.#since === -Infinity) this.#since = askedAt;
    const left = Math.max(0, this.#since + patience - now);
    if (!receiving && (this.#count > most || left === 0 || askedFor > left)) return undefined;
    // Jitter keeps clients that a server lost together from coming back together.
    const backOff = Math.min(maxDelay, delay * 2 ** (Math.max(1, this.#count) - 1)) * (1 - this.#random() / 2);
    const wait = Math.min(LONGEST_TIMER, Math.max(backOff, askedFor), receiving ? maxDelay : left);
    // One failure is this request's own affair; several in a row are everybody's.
    if (this.#count > 1 || askedFor > 0) this.notBefore = Math.max(this.notBefore, now + wait);
    return wait;
  }
}
