import { Observable, type Subscriber } from 'rxjs';

import type { ControlView } from '../control/control-view.js';
import { type Answer, WaitOutcome } from '../control/wait-outcome.js';
import type { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkRange } from '../range/checks.js';
import { checkNeededBy } from '../range/times.js';
import { type PendingWait, PendingWaits } from '../waits/pending-waits.js';
import type { Notifications } from './notifications.js';
import type { WaitOptions } from './resource-view.js';

/** One subscription of `waitRange` or `read` that has no answer yet. */
export interface RoomWait extends PendingWait {
  until: number;
  /** End of the range asked for, exclusive, in bytes. */
  readonly end: number;
  /** Ends at what is known of the length, as reads do. */
  readonly clipped: boolean;
  readonly passive: boolean;
  /** Interrupts do not reach it. */
  readonly apart: boolean;
  /** Counts waits, for those of one millisecond. */
  readonly order: number;
  readonly neededBy: number | undefined;
  /** Epoch milliseconds. */
  readonly since: number;
  readonly subscriber: Subscriber<WaitOutcome>;
}

/** What the room needs to know of the resource or reader it belongs to. */
export interface RoomHost {
  readonly control: ControlView;
  readonly notifications: Notifications;
  /** What the present says to a wait. */
  answer(start: number, end: number, clipped: boolean): Answer;
  /** The error for a wait that ended with `answer`. */
  refusal(answer: Answer, start: number, end: number): StorageError;
  /** A wait is about to be taken in. */
  arriving?(): void;
  /** Waits came or went. */
  demandChanged(): void;
}

/** The waits that are pending in this thread, and how they end. */
export class WaitingRoom {
  readonly #host: RoomHost;
  readonly #waits = new PendingWaits<RoomWait>();
  #arrived = 0;

  constructor(host: RoomHost) {
    this.#host = host;
  }

  get size(): number {
    return this.#waits.size;
  }

  [Symbol.iterator](): Iterator<RoomWait> {
    return this.#waits[Symbol.iterator]();
  }

  /** A cold wait for `[start, end)`; `clipped` and `apart` as in {@link RoomWait}. */
  wait(
    { start, end }: ByteRange,
    options: WaitOptions & { clipped?: boolean; apart?: boolean } = {},
  ): Observable<WaitOutcome> {
    const { clipped = false, apart = false, neededBy, passive = false } = options;
    return new Observable<WaitOutcome>((subscriber) => {
      try {
        checkRange(start, end);
        checkNeededBy(neededBy);
        if (start === end) {
          this.#host.notifications.enclose(() => {
            deliver(subscriber, WaitOutcome.Ready);
          });
          return undefined;
        }
        const answer = this.#host.answer(start, end, clipped);
        if (answer !== 'wait') {
          this.#host.notifications.enclose(this.#settle(subscriber, answer, start, end));
          return undefined;
        }
        this.#host.arriving?.();
      } catch (error) {
        subscriber.error(error);
        return undefined;
      }
      this.#arrived += 1;
      const wait = {
        start,
        end,
        until: this.#needs(end, clipped),
        clipped,
        passive,
        apart,
        order: this.#arrived,
        neededBy,
        since: Date.now(),
        subscriber,
      };
      this.#waits.add(wait);
      this.#host.demandChanged();
      return () => {
        this.#waits.delete(wait);
        this.#host.demandChanged();
      };
    });
  }

  /** Queues the outcomes of the waits that a write of `[start, end)` has completed. */
  settleCovered(start: number, end: number): void {
    if (!this.#waits.touches(start, end)) return;
    this.#host.demandChanged();
    const { control, notifications } = this.#host;
    const ready = this.#waits.takeCovered(start, end, (from) => control.coveredUntil(from));
    for (const { subscriber } of ready) {
      notifications.add(() => {
        deliver(subscriber, WaitOutcome.Ready);
      });
    }
  }

  /** Queues the outcomes of all waits that the present state answers; those that need other bytes now are filed anew. */
  settleAnswered(): void {
    for (const wait of [...this.#waits]) {
      const answer = this.#host.answer(wait.start, wait.end, wait.clipped);
      const until = this.#needs(wait.end, wait.clipped);
      if (answer === 'wait' && until === wait.until) continue;
      this.#waits.delete(wait);
      if (answer === 'wait') {
        wait.until = until;
        this.#waits.add(wait);
      } else {
        this.#host.notifications.add(this.#settle(wait.subscriber, answer, wait.start, wait.end));
      }
      this.#host.demandChanged();
    }
  }

  /** Queues Interrupted for all waits but those apart. */
  interrupt(): void {
    for (const wait of [...this.#waits]) {
      if (wait.apart) continue;
      this.#waits.delete(wait);
      this.#host.demandChanged();
      this.#host.notifications.add(() => {
        deliver(wait.subscriber, WaitOutcome.Interrupted);
      });
    }
  }

  #needs(end: number, clipped: boolean): number {
    return clipped ? Math.min(end, this.#host.control.expectedLength ?? end) : end;
  }

  /** How a wait that has its answer hears of it; errors are made now, as of the state that caused them. */
  #settle(subscriber: Subscriber<WaitOutcome>, answer: Answer, start: number, end: number): () => void {
    if (answer === 'ready' || answer === 'eof') {
      return () => {
        deliver(subscriber, answer);
      };
    }
    const error = this.#host.refusal(answer, start, end);
    return () => {
      subscriber.error(error);
    };
  }
}

function deliver(subscriber: Subscriber<WaitOutcome>, outcome: WaitOutcome): void {
  subscriber.next(outcome);
  subscriber.complete();
}
