import { asapScheduler, Observable, type Subscriber, type Subscription } from 'rxjs';

import type { Notifications } from './notifications.js';

interface Listener<T> {
  readonly subscriber: Subscriber<T>;
  last: T;
  /** Emissions up to this one were prepared before it subscribed. */
  readonly born: number;
}

/**
 * An observable of a state: it replays the current one to a new subscriber, emits when it has changed, completes when the state is
 * final, and never errors. A subscriber never gets the same object twice in a row.
 *
 * `changed` conflates: however often it is called, one emission follows, on RxJS's `asapScheduler` (microtasks of our own would
 * be invisible to `TestScheduler`). `flush` emits at once. Nothing is read while nobody subscribes.
 */
export class StateStream<T> {
  readonly state$: Observable<T>;
  readonly #read: () => T;
  readonly #notifications: Notifications;
  readonly #watched: (watched: boolean) => void;
  readonly #listeners = new Set<Listener<T>>();
  #scheduled: Subscription | undefined;
  #prepared = 0;
  #complete = false;

  /**
   * @param read - the present state; the same object until it changes
   * @param notifications - what its own emissions queue in
   * @param watched - told when the first subscriber comes and the last one leaves
   */
  constructor(read: () => T, notifications: Notifications, watched: (watched: boolean) => void = () => undefined) {
    this.#read = read;
    this.#notifications = notifications;
    this.#watched = watched;
    this.state$ = new Observable<T>((subscriber) => {
      const listener = { subscriber, last: read(), born: this.#prepared };
      const complete = this.#complete;
      // Listed before it is told, so that a change made by its callback reaches it.
      if (!complete) this.#add(listener);
      notifications.enclose(() => {
        subscriber.next(listener.last);
        if (complete) subscriber.complete();
      });
      return () => {
        this.#remove(listener);
      };
    });
  }

  /** True while anybody subscribes. */
  get watched(): boolean {
    return this.#listeners.size > 0;
  }

  /** Emits the state as it will be once this turn is done with. */
  changed(): void {
    if (this.#listeners.size === 0 || this.#scheduled !== undefined) return;
    this.#scheduled = asapScheduler.schedule(() => {
      this.#notifications.add(() => {
        this.flush();
      });
      this.#notifications.run();
    });
  }

  /** Emits the state as it is now, to those who have not got it yet. */
  flush(): void {
    this.#unschedule();
    if (this.#listeners.size > 0) this.prepare(this.#read())();
  }

  /** An emission of `state`, to be queued: whoever subscribes before it is told has had that state or a later one. */
  prepare(state: T): () => void {
    this.#prepared += 1;
    const order = this.#prepared;
    return () => {
      for (const listener of [...this.#listeners]) {
        if (order <= listener.born || Object.is(listener.last, state)) continue;
        listener.last = state;
        listener.subscriber.next(state);
      }
    };
  }

  /** Completes all; whoever subscribes later gets the last state and completes. */
  complete(): void {
    this.#unschedule();
    this.#complete = true;
    for (const listener of [...this.#listeners]) listener.subscriber.complete();
  }

  #add(listener: Listener<T>): void {
    this.#listeners.add(listener);
    if (this.#listeners.size === 1) this.#watched(true);
  }

  #remove(listener: Listener<T>): void {
    this.#listeners.delete(listener);
    if (this.#listeners.size > 0) return;
    this.#unschedule();
    this.#watched(false);
  }

  #unschedule(): void {
    this.#scheduled?.unsubscribe();
    this.#scheduled = undefined;
  }
}
