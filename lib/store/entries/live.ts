import { Observable, type Subscriber } from 'rxjs';

import { callOut } from '../../changes/call-out.js';

interface Listener<T> {
  readonly subscriber: Subscriber<T>;
  last: T;
}

/**
 * An observable of something that can be read at any time: it replays the present state, emits when
 * told to, and never twice in a row the same.
 *
 * What it emits is what is read at that moment. So a getter that reads the same never shows less
 * than an emission before, also where a subscriber changes the state again: the others get the
 * newest state, once.
 */
export class Live<T> {
  readonly state$: Observable<T>;
  readonly #read: () => T;
  readonly #listeners = new Set<Listener<T>>();
  #isComplete = false;

  /** @param unwatched - called when the last subscriber leaves */
  constructor(read: () => T, unwatched?: () => void) {
    this.#read = read;
    this.state$ = new Observable((subscriber) => {
      const listener = { subscriber, last: read() };
      if (!this.#isComplete) this.#listeners.add(listener);
      subscriber.next(listener.last);
      if (this.#isComplete) subscriber.complete();
      return () => {
        if (this.#listeners.delete(listener) && this.#listeners.size === 0) unwatched?.();
      };
    });
  }

  /** Emits the present state, to those who have not had it. */
  emit(): void {
    for (const listener of [...this.#listeners]) {
      const state = this.#read();
      if (Object.is(listener.last, state)) continue;
      listener.last = state;
      callOut(() => {
        listener.subscriber.next(state);
      });
    }
  }

  complete(): void {
    this.#isComplete = true;
    for (const { subscriber } of [...this.#listeners]) {
      callOut(() => {
        subscriber.complete();
      });
    }
  }
}
