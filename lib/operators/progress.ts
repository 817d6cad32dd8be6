import { concat, defer, filter, interval, map, merge, type Observable, of, take, takeUntil } from 'rxjs';

import { invalidArgument } from '../errors/invalid-argument.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import { accessTo } from '../view/access-to.js';
import type { ResourceView } from '../view/resource-view.js';
import { checkView } from './checks.js';
import { now } from './clock.js';

const DEFAULT_EVERY = 250;
/**
 * The rate is that of the last so many milliseconds: short enough to follow a stall, long enough
 * not to flicker.
 */
const WINDOW = 3000;

/** How far a resource has come. */
export interface Progress {
  /** How many bytes are there; fewer after an eviction. */
  readonly coveredBytes: number;
  /** The total in bytes, where it is known. */
  readonly totalBytes?: number;
  /** Covered share of the total, 0 to 1, where the total is known. */
  readonly fraction?: number;
  /** Bytes newly covered per second, over the last three seconds; evictions take none off. */
  readonly bytesPerSecond: number;
  /** Milliseconds to go at this rate, where both are known. */
  readonly etaMs?: number;
}

/**
 * Emits how far `view` has come: at once, every `every` milliseconds, and a last time when it is
 * committed, cancelled or closed; then it completes. It continues after a failure, which may be
 * retried, and never errors.
 *
 * Its timer runs on RxJS's `asyncScheduler`, and keeps Node's process alive until the end or until
 * unsubscribed.
 *
 * Throws `INVALID_ARGUMENT` at the call.
 *
 * @param options.every - time between two emissions, in milliseconds. `@default` 250
 *
 * @example
 * ```ts
 * import { MemDriver, progress, Resource } from 'tidemark';
 *
 * const resource = Resource.open(new MemDriver(), { expectedLength: 1000 });
 * progress(resource).subscribe(({ fraction = 0, etaMs }) => {
 *   console.log(Math.round(fraction * 100), '%', etaMs);
 * });
 * ```
 */
export function progress(view: ResourceView, options: { every?: number | undefined } = {}): Observable<Progress> {
  checkView(view);
  checkOptionNames(options, ['every']);
  const { every = DEFAULT_EVERY } = options;
  if (!Number.isFinite(every) || every <= 0) {
    throw invalidArgument('every', 'a positive number of milliseconds', every);
  }
  const ended$ = view.status$.pipe(
    filter(({ state }) => state !== 'active' && state !== 'failed'),
    take(1),
  );
  return defer(() => {
    const rate = new Rate();
    const ticks$ = merge(of(0), interval(every)).pipe(takeUntil(ended$));
    return concat(ticks$, of(0)).pipe(map(() => sample(view, rate)));
  });
}

/** How far `view` has come, at the rate that `rate` has seen. */
export function sample(view: ResourceView, rate: Rate): Progress {
  const { coveredBytes, expectedLength: totalBytes } = view;
  const bytesPerSecond = rate.add(accessTo(view).arrivedBytes);
  if (totalBytes === undefined) return { coveredBytes, bytesPerSecond };
  const fraction = totalBytes === 0 ? 1 : Math.min(1, coveredBytes / totalBytes);
  const missing = Math.max(0, totalBytes - coveredBytes);
  if (missing > 0 && bytesPerSecond === 0) return { coveredBytes, totalBytes, fraction, bytesPerSecond };
  return {
    coveredBytes,
    totalBytes,
    fraction,
    bytesPerSecond,
    etaMs: missing === 0 ? 0 : (missing / bytesPerSecond) * 1000,
  };
}

/** Bytes per second over a sliding window. */
export class Rate {
  #samples: { time: number; bytes: number }[] = [];

  /** Nothing has come for so long that what came before says nothing about the rate. */
  restart(): void {
    this.#samples = [];
  }

  add(bytes: number): number {
    const time = now();
    this.#samples.push({ time, bytes });
    let first = this.#samples[0];
    while (this.#samples.length > 2 && first !== undefined && time - first.time > WINDOW) {
      this.#samples.shift();
      first = this.#samples[0];
    }
    if (first === undefined || time <= first.time) return 0;
    // Coverage may shrink when content is replaced. A rate is never negative.
    return Math.max(0, ((bytes - first.bytes) / (time - first.time)) * 1000);
  }
}
