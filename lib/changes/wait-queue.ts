import { Observable, type Subscriber } from 'rxjs';

import { checkOptions } from '../errors/check-options.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import { checkNeededBy } from '../range/times.js';
import type { AskedWait } from '../waits/asked-wait.js';
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
  /** Who waits, as in `Demand.reader`. `@default` the owner */
  readonly reader?: string | undefined;
  /** That of a wait that is repeated, which keeps its age. `@default` one of its own */
  readonly age?: WaitAge;
}

/** The age of a wait; the first that pends sets it. */
export interface WaitAge {
  order?: number | undefined;
}

const OPTIONS = ['neededBy', 'passive'] as const;

interface SubscribedWait extends AskedWait {
  readonly subscriber: Subscriber<WaitOutcome>;
}

/** One subscription that waits. */
export interface QueuedWait extends SubscribedWait, IndexedWait, Urgency {
  until: number;
  readonly neededBy: number | undefined;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly reader?: string | undefined;
}

/** A covered range, half-open in bytes, that was evicted. */
export interface EvictedRange extends ByteRange {
  /** End of the covered run that it was a part of. */
  readonly runEnd: number;
  /** Nobody can bring it again: waits for it end with `GONE`. */
  readonly lost: boolean;
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
  waitError(state: WaitState, start: number, end: number): Error;
}

/** What a wait queue calls when waits come and go. */
export interface WaitHooks {
  /** Called before a wait is queued; the wait errors with what it throws. */
  readonly arriving?: (wait: QueuedWait) => void;
  /** Called when a wait ends, before its subscriber is. */
  readonly settling?: (wait: AskedWait, state: WaitState | WaitOutcome) => void;
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
  readonly #waits: WaitIndex<QueuedWait>;
  /** Those that are pending. */
  readonly pending: Iterable<QueuedWait> & { readonly size: number };

  constructor(source: WaitSource, hooks: WaitHooks, notifications: Notifications) {
    this.#source = source;
    this.#hooks = hooks;
    this.#notifications = notifications;
    this.pending = this.#waits = new WaitIndex(source.state);
  }

  /**
   * Returns a cold wait. It errors with `INVALID_RANGE` or `INVALID_ARGUMENT` if the arguments are
   * wrong.
   */
  wait(range: ByteRange, options: WaitOptions = {}, kind: WaitKind = {}): Observable<WaitOutcome> {
    return new Observable<WaitOutcome>((subscriber) => {
      const { withinLength, uninterruptible, reader, age = {} } = kind;
      // RxJS gives to the subscriber what is thrown here.
      const { start, end } = checkedRange(range);
      checkOptions(options, OPTIONS);
      const { neededBy, passive = false } = options;
      checkNeededBy(neededBy);
      // No spread syntax: V8 makes hidden classes for each such object anew, and keeps them until a
      // major garbage collection (850 bytes a wait, measured).
      const asked = { start, end, passive, neededBy, withinLength, uninterruptible, subscriber };
      const state = start === end ? WaitOutcome.Ready : this.#source.waitState(start, end, withinLength);
      if (state !== 'pending') {
        this.#notifications.tellNow(this.#settle(asked, state));
        return undefined;
      }
      const wait = {
        start,
        end,
        passive,
        neededBy,
        withinLength,
        reader,
        uninterruptible,
        subscriber,
        until: this.#untilOf(end, withinLength),
        order: (age.order ??= this.#source.arrive()),
        since: Date.now(),
      };
      this.#hooks.arriving?.(wait);
      this.#waits.add(wait);
      this.#hooks.demandChanged();
      return () => {
        this.#remove(wait);
      };
    });
  }

  /**
   * Queues the outcomes of the waits that a write of `[start, end)` has completed, by their starts
   * and their age.
   */
  settleCovered(start: number, end: number): void {
    const ready = this.#waits.takeCovered(start, end);
    if (ready === undefined) return;
    this.#hooks.demandChanged();
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
      this.#remove(wait);
      wait.until = until;
      if (state === 'pending') this.#waits.add(wait);
      else this.#notifications.add(this.#settle(wait, state));
    }
  }

  /**
   * Files anew the waits that lack bytes of a range that was evicted. If it is lost, they end.
   */
  uncovered({ start, end, runEnd, lost }: EvictedRange): void {
    this.#waits.uncover(end, runEnd);
    if (lost && this.#waits.touches(start, end)) this.settle();
  }

  /** Queues Interrupted for all waits that can be interrupted. */
  interrupt(): void {
    for (const wait of [...this.#waits]) {
      if (wait.uninterruptible) continue;
      this.#remove(wait);
      this.#notifications.add(this.#settle(wait, WaitOutcome.Interrupted));
    }
  }

  #remove(wait: QueuedWait): void {
    this.#waits.delete(wait);
    this.#hooks.demandChanged();
  }

  #untilOf(end: number, withinLength = false): number {
    return withinLength ? Math.min(end, this.#source.state.expectedLength ?? end) : end;
  }

  /**
   * Returns the notification that ends a wait. Its error is made now, from the state that caused
   * it.
   */
  #settle(wait: SubscribedWait, state: WaitState | WaitOutcome): () => void {
    const { subscriber, start, end } = wait;
    this.#hooks.settling?.(wait, state);
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
