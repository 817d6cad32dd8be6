import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { BlockAges } from '../../../lib/drivers/window/block-ages.js';
import { BlockRuns } from '../../../lib/drivers/window/block-runs.js';
import { BlockTable } from '../../../lib/drivers/window/block-table.js';
import { addRun, removeRun, runFrom, type Runs } from '../../../lib/drivers/window/runs.js';
import { SortedBlocks } from '../../../lib/drivers/window/sorted-blocks.js';
import { FUZZ_RUNS } from '../../run/rounds.js';

const LENGTH = 30;

const span = fc
  .tuple(fc.nat(LENGTH - 1), fc.integer({ min: 1, max: LENGTH }))
  .map(([start, length]) => ({ start, end: Math.min(LENGTH, start + length) }));
const edits = fc.array(fc.tuple(fc.boolean(), span), { maxLength: 20 });

function runsOf(cells: readonly boolean[]): Runs {
  return Array.from({ length: LENGTH + 1 }, (_, at) => at).filter(
    (at) => (cells[at] ?? false) !== (cells[at - 1] ?? false),
  );
}

describe('runs', () => {
  it('are those of a plain array, whatever is added and removed', () => {
    fc.assert(
      fc.property(edits, fc.nat(LENGTH), (changes, value) => {
        const runs: Runs = [];
        const cells = new Array<boolean>(LENGTH).fill(false);
        for (const [adds, { start, end }] of changes) {
          if (adds) addRun(runs, start, end);
          else removeRun(runs, start, end);
          cells.fill(adds, start, end);
          expect(runs).toEqual(runsOf(cells));
        }
        const expected = runs.findIndex((bound, index) => index % 2 === 1 && bound > value);
        expect(runFrom(runs, value)).toBe(expected < 0 ? runs.length : expected - 1);
      }),
      { numRuns: 10 * FUZZ_RUNS },
    );
  });
});

describe('BlockRuns', () => {
  it('says that a block is empty when its last byte has gone, and not before', () => {
    fc.assert(
      fc.property(edits, (changes) => {
        const runs = new BlockRuns(3);
        runs.add(0, 0, LENGTH);
        const cells = new Array<boolean>(LENGTH).fill(false);
        for (const [adds, { start, end }] of changes) {
          // A place without bytes is not asked.
          const isThere = cells.includes(true);
          cells.fill(adds, start, end);
          if (adds) runs.add(1, start, end);
          const isEmpty = !adds && isThere && runs.remove(1, start, end);
          expect(isEmpty).toBe(isThere && !cells.includes(true));
        }
        expect(runs.remove(0, 0, LENGTH - 1)).toBe(false);
        expect(runs.remove(0, LENGTH - 1, LENGTH)).toBe(true);
      }),
      { numRuns: 10 * FUZZ_RUNS },
    );
  });
});

/** What comes and goes: numbers of blocks that share their lower bits, or their upper ones. */
const comings = fc.array(fc.tuple(fc.nat(30), fc.constantFrom(0, 1, 2 ** 9 - 1)), { maxLength: 60 });
const numberOf = ([low, high]: readonly [number, number]): number => low + high * 2 ** 32;

/** Fills places with blocks, and calls `check` with what is there after each change. */
function comeAndGo(
  changes: readonly (readonly [number, number])[],
  blocks: Float64Array,
  on: { add(place: number, block: number): void; remove(place: number, block: number): void },
  check: (there: ReadonlyMap<number, number>) => void,
): void {
  const there = new Map<number, number>();
  const free = Array.from(blocks.keys());
  for (const change of changes) {
    const block = numberOf(change);
    const place = there.get(block);
    if (place !== undefined) {
      on.remove(place, block);
      there.delete(block);
      free.push(place);
    } else {
      const taken = free.shift();
      if (taken === undefined) continue;
      blocks[taken] = block;
      there.set(block, taken);
      on.add(taken, block);
    }
    check(there);
  }
}

describe('BlockTable', () => {
  it('finds all blocks that are there and no others, while others come and go', () => {
    fc.assert(
      fc.property(comings, fc.integer({ min: 1, max: 12 }), (changes, places) => {
        const memory = new ArrayBuffer(BlockTable.bytesFor(places));
        const table = new BlockTable(memory);
        const reader = new BlockTable(memory);
        const on = {
          add: (place: number, block: number) => table.add(block, place),
          remove: (_place: number, block: number) => table.remove(block),
        };
        comeAndGo(changes, new Float64Array(places), on, (there) => {
          const all = [...new Set(changes.map(numberOf))];
          expect(all.map((block) => reader.find(block))).toEqual(all.map((block) => there.get(block) ?? -1));
        });
      }),
      { numRuns: 5 * FUZZ_RUNS },
    );
  });

  it('takes as many blocks as there are places, over and over, and stays quick to search', () => {
    const places = 1000;
    const memory = new ArrayBuffer(BlockTable.bytesFor(places));
    const table = new BlockTable(memory);
    let wrong = 0;
    for (let block = 0; block < 100 * places; block += 1) {
      // Two readers, far from each other.
      const number = block % 2 === 0 ? block : block + 2 ** 20;
      const gone = block - places;
      if (gone >= 0) table.remove(gone % 2 === 0 ? gone : gone + 2 ** 20);
      table.add(number, block % places);
      if (table.find(number) !== block % places) wrong += 1;
    }
    expect(wrong).toBe(0);
    const [longest] = new Int32Array(memory);
    expect(longest).toBeLessThan(40);
  });

  it('ends a search in memory that is damaged', () => {
    const memory = new ArrayBuffer(BlockTable.bytesFor(4));
    new Int32Array(memory).fill(-1);
    expect(new BlockTable(memory).find(0)).toBe(-1);
  });
});

describe('SortedBlocks', () => {
  it('knows the next block in both directions, whatever comes and goes', () => {
    fc.assert(
      fc.property(comings, fc.integer({ min: 1, max: 40 }), (changes, places) => {
        const blocks = new Float64Array(places);
        const sorted = new SortedBlocks(blocks);
        comeAndGo(changes, blocks, sorted, (there) => {
          const all = [...there.keys()];
          for (const at of [0, 15, 2 ** 32 + 7, Infinity]) {
            expect(sorted.below(at)).toBe(Math.max(-1, ...all.filter((block) => block < at)));
            expect(sorted.from(at)).toBe(Math.min(Infinity, ...all.filter((block) => block >= at)));
          }
        });
      }),
      { numRuns: 5 * FUZZ_RUNS },
    );
  });
});

describe('BlockAges', () => {
  it('has the blocks in the order in which they came', () => {
    fc.assert(
      fc.property(comings, fc.integer({ min: 1, max: 12 }), (changes, places) => {
        const blocks = new Float64Array(places);
        const ages = new BlockAges(blocks);
        comeAndGo(changes, blocks, ages, (there) => expect([...ages]).toEqual([...there.keys()]));
      }),
      { numRuns: 5 * FUZZ_RUNS },
    );
  });
});
