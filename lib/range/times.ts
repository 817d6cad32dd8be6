import { invalidArgument } from '../errors/invalid-argument.js';

/**
 * The longest that the platform's timers can wait, in milliseconds: past it they do not wait at
 * all.
 */
export const LONGEST_TIMER = 2_147_483_647;

/**
 * When bytes are needed, in epoch milliseconds: of the first that are waited for, or a function of
 * their offset; undefined where that is not known.
 */
export type NeededBy = number | ((offset: number) => number | undefined);

/** When the bytes at `offset` are needed, of what is waited for from `first` on. */
export function neededAt(neededBy: NeededBy | undefined, offset: number, first = offset): number | undefined {
  if (typeof neededBy === 'function') return neededBy(offset);
  return offset === first ? neededBy : undefined;
}

/** Throws `INVALID_ARGUMENT` unless `neededBy` is undefined or a time in epoch milliseconds. */
export function checkNeededBy(neededBy: number | undefined): void {
  if (neededBy === undefined || Number.isFinite(neededBy)) return;
  throw invalidArgument('neededBy', 'a time in epoch milliseconds', neededBy);
}

/** As {@link checkNeededBy}, where a function of offsets will do, too. */
export function checkNeededByOffset(neededBy: NeededBy | undefined): void {
  if (typeof neededBy !== 'function') checkNeededBy(neededBy);
}

/** Throws `INVALID_ARGUMENT` unless `timeout` is a number of milliseconds; infinite is fine. */
export function checkTimeout(timeout: number): void {
  if (typeof timeout === 'number' && timeout >= 0) return;
  throw invalidArgument('timeout', 'a number of milliseconds >= 0', timeout, ' Leave it out to wait without end.');
}
