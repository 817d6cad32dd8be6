import { BehaviorSubject, type Observable } from 'rxjs';

import type { StorageError } from '../../errors/storage-error.js';
import type { DownloadProgress } from './download-progress.js';

/** What a download is doing: the words of {@link DownloadProgress.state} that are no end. */
export type ActivityState = Exclude<DownloadProgress['state'], 'complete' | 'committed' | 'closed'>;

/** The same, with what there is to say about it. */
export interface Doing {
  readonly state: ActivityState;
  readonly attempt: number;
  /** When the next attempt is made, in milliseconds of `performance.now()`. */
  readonly retryAt?: number | undefined;
  readonly lastError?: StorageError | undefined;
  readonly reconnectedAt?: number | undefined;
}

/**
 * Between two requests of which one follows the other nothing comes for a moment, in milliseconds:
 * it still receives.
 */
const BETWEEN = 250;

/** What a download is doing, as those hear of it who look at it. */
export class Activity {
  readonly #doing$ = new BehaviorSubject<Doing>({ state: 'idle', attempt: 1 });
  #look: () => Doing = () => this.now;
  #receivedAt = -Infinity;

  /** Replays the last; emits each change. */
  get doing$(): Observable<Doing> {
    return this.#doing$;
  }

  get now(): Doing {
    return this.#doing$.value;
  }

  /** Who can say at any time what is being done. */
  lookAt(look: () => Doing): void {
    this.#look = look;
  }

  /** It may have changed; returns whether it has. */
  refresh(): boolean {
    const before = this.now;
    const doing = this.#settled(before, this.#look());
    const changed =
      doing.state !== before.state ||
      doing.attempt !== before.attempt ||
      doing.lastError !== before.lastError ||
      doing.reconnectedAt !== before.reconnectedAt ||
      (doing.retryAt === undefined) !== (before.retryAt === undefined);
    if (changed) this.#doing$.next(doing);
    return changed;
  }

  #settled(before: Doing, doing: Doing): Doing {
    const now = performance.now();
    if (doing.state === 'receiving') this.#receivedAt = now;
    const isBetween = doing.state === 'requesting' || doing.state === 'queued';
    if (before.state !== 'receiving' || !isBetween || now - this.#receivedAt >= BETWEEN) return doing;
    return { ...doing, state: 'receiving' };
  }
}
