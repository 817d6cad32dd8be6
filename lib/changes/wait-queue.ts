import { Observable, type Subscriber } from 'rxjs';

import { checkOptions } from '../errors/check-options.js';
import type { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import { checkNeededBy } from '../range/times.js';
import { type IndexedWait, WaitIndex } from '../waits/wait-index.js';
import { compareAge, type Urgency } from '../waits/urgency.js';
import type { WaitOptions } from '../waits/wait-options.js';
import { WaitOutcome, type WaitState } from '../waits/wait-outcome.js';
import { callOut } from './call-out.js';
import type { Notifications } from './notifications.js';

/** How the library itself waits. */
export interface WaitKind {
  /** The range ends at the known length, as that of a read does. `@default` false */
  readonly withinLength?: boolean;
  /** `interrupt` does not end it. `@default` false */
  readonly uninterruptible?: boolean;
}

const OPTIONS = ['neededBy', 'passive'] as const;

/** One subscription that waits. */
export interface QueuedWait extends IndexedWait, Urgency, WaitKind {
  until: number;
  /** End of the range asked for, exclusive, in bytes. */
  readonly end: number;
  readonly passive: boolean;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly subscriber: Subscriber<WaitOutcome>;
}

type Settled = Pick<QueuedWait, 'subscriber' | 'start' | 'end'>;

/** A covered range, half-open in bytes, that was evicted. */
export interface EvictedRange extends ByteRange {
  /** End of the covered run that it was a part of. */
  readonly runEnd: number;
}

/** The state that waits depend on. */
export interface WaitSource {
  readonly state: {
    /** The known length, in bytes. */
    readonly expectedLength: number | undefined;
    /** The end of the covered run at an offset. */
    coveredUntil(from: number): number;
  };
  /** How a wait for `[start, end)` stands now. */
  waitState(start: number, end: number, withinLength?: boolean): WaitState;
  /** The {@link Urgency.order} of a wait that becomes pending now. */
  arrive(): number;
  /** The error for a wait whose state is no outcome. */
  waitError(state: WaitState, start: number, end: number): StorageError;
}

/** What a wait queue calls when waits come and go. */
export interface WaitHooks {
  /** Called before a wait is queued. */
  readonly arriving?: () => void;
  /** Called when waits came or went. */
  readonly demandChanged: () => void;
}

/**
 * The waits that are pending in this thread, and how they end.
 *
 * Of the bytes it knows only how far they are covered from an offset. Its caller tells it of each
 * write and of each change of the state.
 */
export class WaitQueue {
  readonly #source: WaitSource;
  readonly #hooks: WaitHooks;
  readonly #notifications: Notifications;
  readonly #waits = new WaitIndex<QueuedWait>();
  /** Those that are pending. */
  readonly pending: Iterable<QueuedWait> & { readonly size: number } = this.#waits;

  constructor(source: WaitSource, hooks: WaitHooks, notifications: Notifications) {
    this.#source = source;
    this.#hooks = hooks;
    this.#notifications = notifications;
  }

  /**
   * Returns a cold wait. It errors with `INVALID_RANGE` or `INVALID_ARGUMENT` if the arguments are
   * wrong.
   */
  wait(range: ByteRange, options: WaitOptions = {}, kind: WaitKind = {}): Observable<WaitOutcome> {
    return new Observable<WaitOutcome>((subscriber) => {
      const { withinLength } = kind;
      // RxJS gives to the subscriber what is thrown here.
      const { start, end } = checkedRange(range);
      checkOptions(options, OPTIONS);
      const { neededBy, passive = false } = options;
      checkNeededBy(neededBy);
      const state = start === end ? WaitOutcome.Ready : this.#source.waitState(start, end, withinLength);
      if (state !== 'pending') {
        this.#notifications.tellNow(this.#settle({ subscriber, start, end }, state));
        return undefined;
      }
      this.#hooks.arriving?.();
      const wait = {
        ...kind,
        start,
        end,
        until: this.#untilOf(end, withinLength),
        passive,
        order: this.#source.arrive(),
        neededBy,
        since: Date.now(),
        subscriber,
      };
      this.#index(wait);
      this.#hooks.demandChanged();
      return () => {
        this.#waits.delete(wait);
        this.#hooks.demandChanged();
      };
    });
  }

  /** Queues the outcomes of the waits that a write of `[start, end)` has completed. */
  settleCovered(start: number, end: number): void {
    if (!this.#waits.touches(start, end)) return;
    this.#hooks.demandChanged();
    const ready = this.#waits.takeCovered(start, end, (from) => this.#source.state.coveredUntil(from));
    ready.sort((one, other) => one.start - other.start || compareAge(one, other));
    for (const wait of ready) this.#notifications.add(this.#settle(wait, WaitOutcome.Ready));
  }

  /**
   * Queues the outcomes of all waits that the present state ends. Waits whose end has moved are
   * indexed anew.
   */
  settle(): void {
    for (const wait of [...this.#waits]) {
      const state = this.#source.waitState(wait.start, wait.end, wait.withinLength);
      const until = this.#untilOf(wait.end, wait.withinLength);
      if (state === 'pending' && until === wait.until) continue;
      this.#waits.delete(wait);
      if (state === 'pending') {
        wait.until = until;
        this.#index(wait);
      } else {
        this.#notifications.add(this.#settle(wait, state));
      }
      this.#hooks.demandChanged();
    }
  }

  /** Files anew the waits that lack bytes of a range that was evicted. */
  uncovered({ start, end, runEnd }: EvictedRange): void {
    this.#waits.uncover(start, end, runEnd);
  }

  /** Queues Interrupted for all waits that can be interrupted. */
  interrupt(): void {
    for (const wait of [...this.#waits]) {
      if (wait.uninterruptible) continue;
      this.#waits.delete(wait);
      this.#hooks.demandChanged();
      this.#notifications.add(this.#settle(wait, WaitOutcome.Interrupted));
    }
  }

  #index(wait: QueuedWait): void {
    this.#waits.add(wait, this.#source.state.coveredUntil(wait.start));
  }

  #untilOf(end: number, withinLength = false): number {
    return withinLength ? Math.min(end, this.#source.state.expectedLength ?? end) : end;
  }

  /**
   * Returns the notification that ends a wait. Its error is made now, from the state that caused
   * it.
   */
  #settle({ subscriber, start, end }: Settled, state: WaitState | WaitOutcome): () => void {
    if (state === 'ready' || state === 'eof' || state === 'interrupted') {
      return () => {
        callOut(() => {
          subscriber.next(state);
        });
        subscriber.complete();
      };
    }
    const error = this.#source.waitError(state, start, end);
    return () => {
      subscriber.error(error);
    };
  }
}
