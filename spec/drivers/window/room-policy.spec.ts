import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { leftAlone } from '../../../lib/drivers/window/left-alone.js';
import { type BlocksInOrder, leastNear, oldest } from '../../../lib/drivers/window/room-policy.js';
import type { ByteRange } from '../../../lib/index.js';
import { FUZZ_RUNS } from '../../run/rounds.js';

/** Short, so that places come to lie at the edges of blocks. */
const BLOCK = 4;
const BLOCKS = 40;
const LENGTH = BLOCK * BLOCKS;

const blocks = fc.uniqueArray(fc.nat(BLOCKS - 1));
const places = fc.array(fc.nat(LENGTH), { maxLength: 6 });
const range = fc.tuple(fc.nat(LENGTH), fc.nat(LENGTH)).map(([one, other]) => ({
  start: Math.min(one, other),
  end: Math.max(one, other),
}));
const ranges = fc.array(range, { maxLength: 5 });
const written = range.filter(({ start, end }) => start < end);

/** The blocks as the policy asks for them. */
function inOrder(there: readonly number[]): BlocksInOrder {
  return {
    below: (block) => Math.max(-1, ...there.filter((other) => other < block)),
    from: (block) => Math.min(Infinity, ...there.filter((other) => other >= block)),
  };
}

/** The numbers of the blocks that a range has a byte in. */
function blocksOf({ start, end }: ByteRange): number[] {
  return Array.from({ length: BLOCKS }, (_, block) => block).filter(
    (block) => start < end && block * BLOCK < end && start < (block + 1) * BLOCK,
  );
}

/** Starts and ends by turns, of the runs of numbers. */
function runsOf(numbers: Iterable<number>): number[] {
  const all = new Set(numbers);
  return Array.from({ length: BLOCKS + 2 }, (_, index) => index - 1)
    .filter((number) => all.has(number) !== all.has(number - 1))
    .filter((number) => number >= 0);
}

describe('leastNear', () => {
  /** How willingly a block is given up, by the words of the contract: more goes before less. */
  function rank(block: number, at: readonly number[], behind: number): readonly [group: number, distance: number] {
    const isFarBehind = (place: number): boolean => place - (block + 1) * BLOCK > behind;
    if (at.every(isFarBehind)) return [2, 0];
    const here = at.filter((place) => !isFarBehind(place)).map((place) => Math.floor(place / BLOCK));
    const closeBefore = here.filter((place) => place >= block);
    if (closeBefore.length > 0) return [0, Math.min(...closeBefore) - block];
    return [1, block - Math.max(...here)];
  }

  it('takes what lies far behind all places, then what is farthest ahead, and at last what is close behind', () => {
    fc.assert(
      fc.property(blocks, places, fc.nat(30), ranges, fc.nat(BLOCKS), (there, at, behind, keptRanges, want) => {
        const kept = new Set(keptRanges.flatMap(blocksOf));
        const expected = there
          .filter((block) => !kept.has(block))
          .map((block) => ({ block, rank: rank(block, at, behind) }))
          .sort((one, other) => other.rank[0] - one.rank[0] || other.rank[1] - one.rank[1] || one.block - other.block)
          .slice(0, want)
          .map(({ block }) => block);
        const around = { places: at, behind, blockSize: BLOCK };
        expect(leastNear(inOrder(there), runsOf(kept), want, around)).toEqual(expected);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  it('leaves each of two readers what is around it', () => {
    const there = inOrder([0, 1, 2, 3, 20, 21, 22, 23]);
    const around = { places: [2 * BLOCK, 22 * BLOCK], behind: BLOCK - 1, blockSize: BLOCK };
    expect(leastNear(there, [], 8, around)).toEqual([0, 20, 3, 23, 1, 21, 2, 22]);
  });

  it('asks for no more blocks than it goes by, however many are there', () => {
    let asked = 0;
    const all: BlocksInOrder = {
      below: (block) => {
        asked += 1;
        return Math.min(1e6, block) - 1;
      },
      from: (block) => {
        asked += 1;
        return block < 1e6 ? block : Infinity;
      },
    };
    const around = { places: [5e5 * BLOCK, 7e5 * BLOCK], behind: BLOCK, blockSize: BLOCK };
    expect(leastNear(all, [10, 4e5, 8e5, 9e5], 20, around)).toHaveLength(20);
    expect(asked).toBeLessThan(50);
  });
});

describe('oldest', () => {
  it('takes what came first and is not kept', () => {
    fc.assert(
      fc.property(blocks, ranges, fc.nat(BLOCKS), (there, keptRanges, want) => {
        const kept = new Set(keptRanges.flatMap(blocksOf));
        const expected = there.filter((block) => !kept.has(block)).slice(0, want);
        expect(oldest(there, runsOf(kept), want)).toEqual(expected);
      }),
      { numRuns: 5 * FUZZ_RUNS },
    );
  });
});

describe('leftAlone', () => {
  it('has what is written, all that is held, and what is most urgent up to half of the window', () => {
    fc.assert(
      fc.property(written, ranges, ranges, fc.integer({ min: 2, max: 24 }), ({ start, end }, needed, held, size) => {
        const half = Math.floor(size / 2);
        const urgent = new Set<number>();
        for (const wanted of needed) {
          const most = urgent.size === 0 ? half + 1 : half;
          for (const block of blocksOf(wanted)) if (urgent.size < most) urgent.add(block);
        }
        const expected = runsOf([...urgent, ...held.flatMap(blocksOf), ...blocksOf({ start, end })]);
        const use = { places: [], needed, held };
        expect(leftAlone(start, end, use, { places: size, blockSize: BLOCK })).toEqual(expected);
      }),
      { numRuns: 20 * FUZZ_RUNS },
    );
  });

  it('has all of the most urgent range if that is half a window long, wherever it begins', () => {
    const needed = [
      { start: 3, end: 3 + 4 * BLOCK },
      { start: 100, end: 101 },
    ];
    const use = { places: [], needed, held: [] };
    expect(leftAlone(80, 81, use, { places: 8, blockSize: BLOCK })).toEqual([0, 5, 20, 21]);
  });

  it('looks at no more of what is needed than it takes', () => {
    const needed = Array.from({ length: 1000 }, (_, index) => ({ start: index * BLOCK, end: index * BLOCK + 1 }));
    let looks = 0;
    const counted = new Proxy(needed, {
      get: (target, key, self): unknown => {
        if (typeof key === 'string' && /^\d+$/.test(key)) looks += 1;
        return Reflect.get(target, key, self);
      },
    });
    leftAlone(0, 1, { places: [], needed: counted, held: [] }, { places: 8, blockSize: BLOCK });
    expect(looks).toBeLessThanOrEqual(5);
  });
});
