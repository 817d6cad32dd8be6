import { Notifications } from './notifications.js';
import { StateStream } from './state-stream.js';
import { type EvictedRange, type WaitSource, type WaitHooks, WaitQueue } from './wait-queue.js';

/** What a feed notifies of. Coverage and status are the same object until they change. */
export interface FeedSource<C, S> extends WaitSource {
  readonly state: WaitSource['state'] & { readonly coverage: C };
  readonly status: S;
}

/** What a feed calls when its waits or its subscribers come and go. */
export interface FeedHooks extends WaitHooks {
  /** Called when coverage or status gets its first subscriber, or loses its last one. */
  readonly watchersChanged?: () => void;
}

/**
 * Tells the waits and subscribers of one thread of every change, in the contract's order: first the
 * waits that the change completes are settled, then the write is announced, then the last coverage
 * is emitted, then the status.
 */
export class ChangeFeed<C, S> {
  readonly waits: WaitQueue;
  readonly #source: FeedSource<C, S>;
  readonly #notifications = new Notifications();
  readonly coverage: StateStream<C>;
  readonly status: StateStream<S>;

  constructor(source: FeedSource<C, S>, hooks: FeedHooks) {
    const { watchersChanged } = hooks;
    this.#source = source;
    this.waits = new WaitQueue(source, hooks, this.#notifications);
    this.coverage = this.stateStream(() => source.state.coverage, watchersChanged);
    this.status = this.stateStream(() => source.status, watchersChanged);
  }

  /** Returns the stream of another state, whose emissions queue with all others. */
  stateStream<T>(read: () => T, watched?: (watched: boolean) => void): StateStream<T> {
    return new StateStream(read, this.#notifications, watched);
  }

  /**
   * Queues what tells of a write of `[start, end)`; {@link run} tells it. `fresh`: some of it was
   * missing before.
   */
  written(start: number, end: number, fresh: boolean, announce: (() => void) | undefined): void {
    if (fresh) {
      this.waits.settleCovered(start, end);
      this.coverage.changed();
    }
    this.#notifications.add(announce);
  }

  /** Queues what tells of a range that was evicted; {@link run} tells it. */
  evicted(range: EvictedRange, announce: (() => void) | undefined): void {
    this.waits.uncovered(range);
    this.coverage.changed();
    this.#notifications.add(announce);
  }

  /** Makes all queued notifications. */
  run(): void {
    this.#notifications.run();
  }

  /**
   * Tells of a new state.
   *
   * @param conflated - leave the coverage to its next conflated emission; otherwise it is emitted
   * before the status
   */
  stateChanged(announce?: () => void, conflated = false): void {
    this.waits.settle();
    this.#notifications.add(announce);
    if (conflated) this.coverage.changed();
    else {
      this.#notifications.add(() => {
        this.coverage.flush();
      });
    }
    this.#notifications.add(this.status.prepare(this.#source.status));
    this.#notifications.run();
  }

  /** Ends the waits that can be interrupted. */
  interrupt(): void {
    this.waits.interrupt();
    this.#notifications.run();
  }

  /**
   * Tells of the last state, then completes coverage and status. `complete` completes the streams
   * that {@link stateStream} made, and others of the caller.
   */
  end(complete?: () => void): void {
    this.stateChanged();
    this.#notifications.tell(() => {
      this.coverage.complete();
      this.status.complete();
      complete?.();
    });
  }
}
