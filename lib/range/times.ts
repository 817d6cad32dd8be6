import { invalidArgument } from '../errors/invalid-argument.js';

/** The longest that the platform's timers can wait, in milliseconds: past it they do not wait at all. */
export const LONGEST_TIMER = 2 ** 31 - 1;

/** Throws `INVALID_ARGUMENT` unless `neededBy` is undefined or a time in epoch milliseconds. */
export function checkNeededBy(neededBy: number | undefined): void {
  if (neededBy === undefined || Number.isFinite(neededBy)) return;
  throw invalidArgument('neededBy', 'undefined or a time in epoch milliseconds', neededBy);
}

/** Throws `INVALID_ARGUMENT` unless `timeout` is a number of milliseconds; infinite is fine. */
export function checkTimeout(timeout: number): void {
  if (typeof timeout === 'number' && timeout >= 0) return;
  throw invalidArgument('timeout', 'a number of milliseconds >= 0', timeout, ' Leave it out to wait without end.');
}
