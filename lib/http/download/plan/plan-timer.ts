import { Subscription, timer } from 'rxjs';

/** Has a download plan at the time that it has said, even if nothing happens until then. */
export class PlanTimer {
  readonly #plan: () => void;
  readonly #otherwise: () => number;
  /** When the last plan has said to plan again, in milliseconds of `performance.now()`. */
  #next = Infinity;
  #timer = Subscription.EMPTY;
  #timerAt = Infinity;

  /** @param otherwise - a time at which it plans, too, and that may change */
  constructor(plan: () => void, otherwise: () => number) {
    this.#plan = plan;
    this.#otherwise = otherwise;
  }

  /** Plans at this time, in milliseconds of `performance.now()`, and no more at the one before. */
  set(next: number): void {
    this.#next = next;
    this.look();
  }

  /** Looks at the other time anew. */
  look(): void {
    const at = Math.min(this.#next, this.#otherwise());
    // One that comes too early finds nothing to do: there would be a timer for each write.
    if (at >= this.#timerAt) return;
    this.#timer.unsubscribe();
    this.#timerAt = at;
    this.#timer = timer(Math.max(0, at - performance.now())).subscribe(() => {
      this.#timerAt = Infinity;
      this.#plan();
    });
  }

  stop(): void {
    this.#timer.unsubscribe();
  }
}
