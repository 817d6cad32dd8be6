import { asyncScheduler } from 'rxjs';

/**
 * Virtual time counts from 0, the wall clock from 1970: so far apart they never are by accident.
 */
const FAR = 10 * 365 * 86_400_000; // ms

/** Milliseconds of a clock that nobody can set; under RxJS's `TestScheduler`, its virtual time. */
export function now(): number {
  // Outside of virtual time this is the wall clock, which may be set at any moment.
  const scheduled = asyncScheduler.now();
  return Math.abs(Date.now() - scheduled) > FAR ? scheduled : performance.now();
}
