import { asapScheduler, Observable, type Subscriber, type Subscription } from 'rxjs';

import { callOut } from './call-out.js';
import type { Notifications } from './notifications.js';

interface Listener<T> {
  readonly subscriber: Subscriber<T>;
  last: T;
  /** Emissions up to this number were prepared before it subscribed, and are not for it. */
  readonly after: number;
}

/**
 * An observable of a state: it replays the current one to a new subscriber, emits when it has
 * changed, completes when the state is final, and never errors. A subscriber never gets the same
 * object twice in a row.
 *
 * `changed` conflates: however often it is called, one emission follows, on RxJS's `asapScheduler`
 * (microtasks of our own would be invisible to `TestScheduler`). `flush` emits at once. Nothing is
 * read while nobody subscribes.
 *
 * When an action throws, RxJS unsubscribes all other actions that `asapScheduler` has for that
 * turn, also those of other code. So an emission that was unsubscribed before it was made is
 * scheduled again.
 */
export class StateStream<T> {
  readonly state$: Observable<T>;
  readonly #read: () => T;
  readonly #notifications: Notifications;
  readonly #watched: ((watched: boolean) => void) | undefined;
  readonly #listeners = new Set<Listener<T>>();
  #scheduled: Subscription | undefined;
  #prepared = 0;
  #complete = false;

  /**
   * @param read - the present state; the same object until it changes
   * @param notifications - the queue for its emissions
   * @param watched - called with true when the first subscriber comes, with false when the last one
   * leaves
   */
  constructor(read: () => T, notifications: Notifications, watched?: (watched: boolean) => void) {
    this.#read = read;
    this.#notifications = notifications;
    this.#watched = watched;
    this.state$ = new Observable<T>((subscriber) => {
      const listener = { subscriber, last: read(), after: this.#prepared };
      const complete = this.#complete;
      // Listed before it is called, so that it gets a change made by its own callback.
      if (!complete) {
        this.#listeners.add(listener);
        if (this.#listeners.size === 1) this.#watched?.(true);
      }
      notifications.tellNow(() => {
        subscriber.next(listener.last);
      });
      if (complete) subscriber.complete();
      return () => {
        this.#listeners.delete(listener);
        if (this.watched) return;
        this.#unschedule();
        this.#watched?.(false);
      };
    });
  }

  /** True while anybody subscribes. */
  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Schedules one emission of the state as it will be at the end of this turn. */
  changed(): void {
    if (!this.watched || this.#scheduled !== undefined) return;
    const scheduled = asapScheduler.schedule(() => {
      this.#notifications.tell(() => {
        this.flush();
      });
    });
    this.#scheduled = scheduled;
    scheduled.add(() => {
      if (this.#scheduled !== scheduled) return;
      this.#scheduled = undefined;
      this.changed();
    });
  }

  /** Emits the state as it is now, to the subscribers that have not had it. */
  flush(): void {
    this.#unschedule();
    if (this.watched) this.prepare(this.#read())();
  }

  /**
   * Returns an emission of `state`, to be queued. It skips those who subscribe before it is made:
   * they get that state, or a later one, when they subscribe.
   */
  prepare(state: T): () => void {
    this.#prepared += 1;
    const order = this.#prepared;
    return () => {
      for (const listener of [...this.#listeners]) {
        if (order <= listener.after || Object.is(listener.last, state)) continue;
        listener.last = state;
        callOut(() => {
          listener.subscriber.next(state);
        });
      }
    };
  }

  /** Completes all subscribers. A later one gets the last state, and completes. */
  complete(): void {
    this.#unschedule();
    this.#complete = true;
    for (const { subscriber } of [...this.#listeners]) {
      callOut(() => {
        subscriber.complete();
      });
    }
  }

  #unschedule(): void {
    const scheduled = this.#scheduled;
    this.#scheduled = undefined;
    scheduled?.unsubscribe();
  }
}
