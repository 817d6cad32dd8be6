import type { RoomUse } from '../driver.js';
import { BlockAges } from './block-ages.js';
import { leastNear, oldest } from './room-policy.js';
import type { Runs } from './runs.js';
import { SortedBlocks } from './sorted-blocks.js';

/** Knows the blocks of a window in the order that it needs to choose those that go. */
export interface Keep {
  /** Adds the block in `place`. */
  add(place: number): void;
  /** Removes the block in `place`. */
  remove(place: number): void;
  /**
   * The `want` blocks that are to go, by their numbers, or fewer if there are not as many; none of
   * `kept`.
   */
  choose(kept: Runs, want: number, use: RoomUse): readonly number[];
}

/**
 * Keeps what is near to readers.
 *
 * @param blocks - the number of the block in each place
 */
export function keepNearReaders(blocks: Float64Array, behind: number, blockSize: number): Keep {
  const sorted = new SortedBlocks(blocks);
  return {
    add: (place) => sorted.add(place),
    remove: (place) => sorted.remove(place),
    choose: (kept, want, { places }) => leastNear(sorted, kept, want, { places, behind, blockSize }),
  };
}

/**
 * Keeps what came last.
 *
 * @param blocks - the number of the block in each place
 */
export function keepLatest(blocks: Float64Array): Keep {
  const ages = new BlockAges(blocks);
  return {
    add: (place) => ages.add(place),
    remove: (place) => ages.remove(place),
    choose: (kept, want) => oldest(ages, kept, want),
  };
}
