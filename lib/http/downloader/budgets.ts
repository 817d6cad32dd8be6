import { map, merge, NEVER, type Observable, Subject, take, timer } from 'rxjs';

import { LONGEST_TIMER } from '../../range/times.js';
import type { Bid } from '../download/permits.js';
import { type DownloadPriority, PRIORITIES } from './active-download.js';
import { allow, Budget, ENOUGH } from './budget.js';

/** How many bytes a request may ask for now. */
export interface Share {
  /** 0: none, before {@link inMs} have passed. */
  readonly bytes: number;
  readonly inMs: number;
  /** It is the limit of all downloads together that allows none. */
  readonly isOfAll: boolean;
}

/** Gives back what of some bytes was not used. */
export type GiveBack = (unused: number) => void;

/** The limits in bytes a second: of all downloads together, and of each priority. */
export class Budgets {
  readonly #all = new Budget(Infinity, 0);
  readonly #own = new Map(PRIORITIES.map((priority) => [priority, new Budget(Infinity, 0)]));
  readonly #changes$ = new Subject<void>();

  /** The limit of one priority, or of all together; `Infinity`: none. */
  rateOf(priority?: DownloadPriority): number {
    return this.#of(priority).rate;
  }

  setRate(rate: number, priority?: DownloadPriority): void {
    this.#of(priority).setRate(rate, performance.now());
    this.#changes$.next();
  }

  /** Whether requests of a priority are allowed nothing, ever. */
  pauses(priority: DownloadPriority): boolean {
    return this.#both(priority).some(({ rate }) => rate === 0);
  }

  allow(bid: Bid, priority: DownloadPriority): Share {
    const now = performance.now();
    const [all = ENOUGH, own = ENOUGH] = this.#both(priority).map((budget) => allow(budget, bid, now));
    const bytes = Math.min(all.bytes, own.bytes, all === own ? Infinity : bid.bytes);
    return { bytes, inMs: Math.max(all.inMs, own.inMs), isOfAll: all.bytes === 0 };
  }

  spend(bytes: number, priority: DownloadPriority): GiveBack {
    if (bytes === Infinity) return () => undefined;
    const spent = this.#both(priority).filter((budget) => budget.spend(bytes, performance.now()));
    return (unused) => {
      for (const budget of spent) budget.spend(-unused, performance.now());
    };
  }

  /**
   * Spends what has been read already. Undefined where as much was left; else resolves once it is,
   * or when `left$` emits.
   */
  pay(bytes: number, priority: DownloadPriority, left$: Observable<unknown>): Promise<void> | undefined {
    this.spend(bytes, priority);
    const untilPaid = (): number =>
      Math.max(...this.#both(priority).map((budget) => budget.until(0, performance.now())));
    if (untilPaid() === 0) return undefined;
    return (async () => {
      const left = { isTrue: false };
      const leaving = left$.subscribe(() => (left.isTrue = true));
      for (let ms = untilPaid(); ms > 0 && !left.isTrue; ms = untilPaid()) {
        // Under a limit of 0 only a change can help, and a timer would keep Node's process.
        const timed$ = ms === Infinity ? NEVER : timer(Math.min(ms, LONGEST_TIMER));
        await firstOf(timed$, this.#changes$, left$);
      }
      leaving.unsubscribe();
    })();
  }

  #both(priority: DownloadPriority): Budget[] {
    return [this.#all, this.#of(priority)];
  }

  #of(priority: DownloadPriority | undefined): Budget {
    return (priority && this.#own.get(priority)) ?? this.#all;
  }
}

function firstOf(...sources: Observable<unknown>[]): Promise<void> {
  return new Promise((resolve) => {
    merge(...sources)
      .pipe(
        take(1),
        map(() => undefined),
      )
      .subscribe({ complete: resolve });
  });
}
