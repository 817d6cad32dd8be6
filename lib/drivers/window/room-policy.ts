import { runFrom, type Runs } from './runs.js';

/** The blocks that a window holds, by their numbers. */
export interface BlocksInOrder {
  /** The highest block below `block`, or −1. */
  below(block: number): number;
  /** The lowest block that is `block` or higher, or `Infinity`. */
  from(block: number): number;
}

/** Where readers are. */
export interface Neighbourhood {
  /** Their places in the content, in bytes, in any order. */
  readonly places: readonly number[];
  /** How much is kept behind each, in bytes. */
  readonly behind: number;
  /** The length of a block, in bytes. */
  readonly blockSize: number;
}

/**
 * The `want` blocks that readers miss least, or fewer if there are not as many; never one of
 * `kept`. In this order:
 *
 * 1. what ends more than `behind` before every place, the lowest first; without places that is all;
 * 2. what lies ahead of a place and not within `behind` of the next one, the farthest ahead first;
 * 3. what lies within `behind` of a place, the farthest behind it first, and last where one is.
 *
 * Of two blocks that are as far away, the lower one goes. The work is in proportion to the number
 * of places for each block, however many blocks there are.
 */
export function leastNear(blocks: BlocksInOrder, kept: Runs, want: number, around: Neighbourhood): number[] {
  const up = (from: number): number => lowestFrom(blocks, kept, from);
  const down = (below: number): number => highestBelow(blocks, kept, below);
  const places = placesOf(around);

  const chosen: number[] = [];
  const lowest = places[0]?.first ?? Infinity;
  for (let block = up(0); block < lowest && chosen.length < want; block = up(block + 1)) chosen.push(block);
  if (chosen.length === want) return chosen;

  const ahead = places.map(({ here }, index) => ({
    block: down(places[index + 1]?.first ?? Infinity),
    next: down,
    distance: (block: number) => (block > here ? block - here : NONE),
  }));
  takeFarthest(ahead, want, chosen);
  if (chosen.length === want) return chosen;

  const back = places.map(({ here, first }, index) => ({
    block: up(Math.max(first, (places[index - 1]?.here ?? NONE) + 1)),
    next: (block: number) => up(block + 1),
    distance: (block: number) => (block > here ? NONE : here - block),
  }));
  takeFarthest(back, want, chosen);
  return chosen;
}

/** Where readers are, in blocks and in ascending order. */
function placesOf({ places, behind, blockSize }: Neighbourhood): { here: number; first: number }[] {
  return [...places]
    .sort((one, other) => one - other)
    .map((place) => ({
      here: Math.floor(place / blockSize),
      /** The first block that is kept behind it. */
      first: Math.max(0, Math.ceil((place - behind) / blockSize) - 1),
    }));
}

/** The `want` blocks that came first, or fewer if there are not as many; never one of `kept`. */
export function oldest(blocks: Iterable<number>, kept: Runs, want: number): number[] {
  const chosen: number[] = [];
  for (const block of blocks) {
    if (chosen.length === want) break;
    if (!isIn(kept, block)) chosen.push(block);
  }
  return chosen;
}

const NONE = -1;

/** A way through blocks from far to near. */
interface Walk {
  /** The farthest block that is left. */
  block: number;
  /** The one behind it. */
  readonly next: (block: number) => number;
  /** How far away a block is, in blocks; {@link NONE} for one that is not on the way. */
  readonly distance: (block: number) => number;
}

/** Takes the farthest blocks of all walks. */
function takeFarthest(walks: readonly Walk[], want: number, chosen: number[]): void {
  while (chosen.length < want) {
    let farthest: Walk | undefined;
    let distance = NONE;
    for (const walk of walks) {
      const own = walk.distance(walk.block);
      if (own <= distance) continue;
      distance = own;
      farthest = walk;
    }
    if (farthest === undefined) return;
    chosen.push(farthest.block);
    farthest.block = farthest.next(farthest.block);
  }
}

function lowestFrom(blocks: BlocksInOrder, kept: Runs, from: number): number {
  for (let block = blocks.from(from); ;) {
    if (block === Infinity || !isIn(kept, block)) return block;
    block = blocks.from(kept[runFrom(kept, block) + 1] ?? Infinity);
  }
}

function highestBelow(blocks: BlocksInOrder, kept: Runs, below: number): number {
  for (let block = blocks.below(below); ;) {
    if (block === -1 || !isIn(kept, block)) return block;
    block = blocks.below(kept[runFrom(kept, block)] ?? -1);
  }
}

function isIn(runs: Runs, block: number): boolean {
  return (runs[runFrom(runs, block)] ?? Infinity) <= block;
}
