import type { ByteRange } from '../../range/byte-range.js';
import type { RoomUse } from '../driver.js';
import { addRun, runFrom, type Runs } from './runs.js';

/** A window in numbers. */
export interface WindowSize {
  /** How many blocks fit in. */
  readonly places: number;
  /** The length of a block, in bytes. */
  readonly blockSize: number;
}

/** The longest range that is left alone for one wait, in bytes. */
export function halfOf(places: number, blockSize: number): number {
  return Math.floor(places / 2) * blockSize;
}

/**
 * The blocks that are left alone, there or not, as a set of their numbers: those that a write of
 * `[start, end)` goes into, those that are held, and of those that are needed the most urgent, up
 * to half of the window.
 *
 * The most urgent range is taken whole where it is half a window long and begins within a block: it
 * then has a part of one block more, and would never be complete without it.
 */
export function leftAlone(start: number, end: number, use: RoomUse, { places, blockSize }: WindowSize): Runs {
  const runs: Runs = [];
  const half = Math.floor(places / 2);
  let taken = 0;
  for (const needed of use.needed) {
    const most = taken === 0 ? half + 1 : half;
    if (taken >= most) break;
    taken += addBlocksOf(runs, needed, blockSize, most - taken);
  }
  for (const held of use.held) addBlocksOf(runs, held, blockSize);
  addBlocksOf(runs, { start, end }, blockSize);
  return runs;
}

/** Adds the blocks of a range, the first `most` that are missing; returns how many were. */
function addBlocksOf(runs: Runs, { start, end }: ByteRange, blockSize: number, most = Infinity): number {
  const behind = start < end ? Math.ceil(end / blockSize) : 0;
  let added = 0;
  for (let block = Math.floor(start / blockSize); block < behind && added < most;) {
    const run = runFrom(runs, block);
    const from = runs[run] ?? Infinity;
    if (from <= block) {
      block = runs[run + 1] ?? Infinity;
      continue;
    }
    const to = Math.min(behind, from, block + most - added);
    addRun(runs, block, to);
    added += to - block;
    block = to;
  }
  return added;
}
