import { BehaviorSubject } from 'rxjs';

/**
 * Makes this thread one of a platform that lacks `Atomics.waitAsync`; to be imported before
 * anything else is.
 */

Reflect.deleteProperty(Atomics, 'waitAsync');

/**
 * How many timers there are that look at something all the time: not those of RxJS that fire at
 * once, nor any that never fire.
 */
export const polls$ = new BehaviorSubject(0);

/** @type {Set<unknown>} */
const polls = new Set();
const { setInterval: start, clearInterval: stop } = globalThis;
// Two of the platform's own functions, to see which timers there are.
Object.assign(globalThis, {
  /**
   * @param {() => void} act
   * @param {number} milliseconds
   */
  setInterval(act, milliseconds) {
    const timer = start(act, milliseconds);
    if (milliseconds > 0 && milliseconds < 1000) polls.add(timer);
    polls$.next(polls.size);
    return timer;
  },
  /** @param {NodeJS.Timeout} timer */
  clearInterval(timer) {
    stop(timer);
    polls.delete(timer);
    polls$.next(polls.size);
  },
});
