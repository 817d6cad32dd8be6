import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { PagePool } from '../../lib/control/page-pool.js';
import { CoverageWriter } from '../../lib/coverage/coverage-writer.js';
import { Place } from '../../lib/coverage/place.js';
import { MAX_OFFSET } from '../../lib/range/byte-range.js';
import { PlainCoverage } from '../support/plain-coverage.js';
import { checkStructure } from './tree-structure.js';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);
const SIZE = 2000;

interface Change {
  readonly kind: 'insert' | 'subtract';
  readonly start: number;
  readonly length: number;
}

/** Mostly small ranges, so that there are many; now and then one that swallows hundreds. */
const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom<Change['kind']>('insert', 'insert', 'insert', 'subtract'),
  start: fc.nat(SIZE - 1),
  length: fc.oneof(
    { weight: 20, arbitrary: fc.integer({ min: 1, max: 3 }) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: SIZE }) },
  ),
});

function open(): CoverageWriter {
  return new CoverageWriter(new PagePool(false), () => undefined);
}

function apply(coverage: CoverageWriter, { kind, start, length }: Change, scale = 1): void {
  coverage.reserve();
  if (kind === 'insert') coverage.insert(start * scale, Math.min(SIZE, start + length) * scale);
  else coverage.subtract(start * scale, Math.min(SIZE, start + length) * scale);
}

function bounds({ tree }: CoverageWriter): number[] {
  const array = new Float64Array(2 * tree.rangeCount);
  expect(tree.copyTo(array)).toBe(array.length);
  return [...array];
}

describe('CoverageWriter', () => {
  it('holds exactly the bytes that were inserted and not subtracted, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 600, size: 'max' }), (changes) => {
        const coverage = open();
        const oracle = new PlainCoverage(SIZE);
        for (const step of changes) {
          apply(coverage, step);
          oracle.set(step.start, Math.min(SIZE, step.start + step.length), step.kind === 'insert');
        }
        expect(bounds(coverage)).toEqual(oracle.ranges().flatMap(({ start, end }) => [start, end]));
        expect(coverage.tree.coveredBytes).toBe(oracle.count());
        expect(coverage.tree.locate(MAX_OFFSET).end).toBe(oracle.end);
        checkStructure(coverage.tree.words);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });

  it('finds the run and the gap at every byte as the oracle does, in any order, with one place or with new ones', () => {
    fc.assert(
      fc.property(
        fc.array(change, { minLength: 100, maxLength: 600, size: 'max' }),
        fc.constantFrom(1, 3, 1999, 7919),
        (changes, stride) => {
          const coverage = open();
          const oracle = new PlainCoverage(SIZE);
          for (const step of changes) {
            apply(coverage, step);
            oracle.set(step.start, Math.min(SIZE, step.start + step.length), step.kind === 'insert');
          }
          const ranges = oracle.ranges();
          const kept = new Place();
          for (let index = 0; index < SIZE; index += 1) {
            const at = (index * stride) % SIZE;
            const run = ranges.findLast(({ start }) => start <= at) ?? { start: 0, end: 0 };
            const next = ranges.find(({ start }) => start > at)?.start ?? Infinity;
            for (const place of [kept, new Place()]) {
              expect(coverage.tree.locate(at, place)).toMatchObject({ ...run, next });
              expect(place.holds(at)).toBe(true);
              expect(place.coveredUntil(at)).toBe(oracle.coveredUntil(at));
            }
          }
        },
      ),
      { numRuns: Math.max(5, FUZZ_RUNS / 10) },
    );
  });

  it('counts in 53 bits: ranges around 2^31, 2^32 and up to 2^53-1', () => {
    const coverage = open();
    const scale = Math.floor(MAX_OFFSET / SIZE);
    const oracle = new PlainCoverage(SIZE);
    for (let step = 0; step < 700; step += 1) {
      const start = (step * 7919) % SIZE;
      apply(coverage, { kind: 'insert', start, length: 1 }, scale);
      oracle.set(start, start + 1, true);
    }
    expect(bounds(coverage)).toEqual(oracle.ranges().flatMap(({ start, end }) => [start * scale, end * scale]));
    for (const around of [2 ** 31, 2 ** 32, 2 ** 33, MAX_OFFSET - 1]) {
      const fresh = open();
      fresh.reserve();
      fresh.insert(around - 1, around + 1);
      expect(fresh.tree.locate(around - 1).coveredUntil(around - 1)).toBe(around + 1);
      expect(fresh.tree.locate(around - 2).coveredUntil(around - 2)).toBe(around - 2);
      expect(fresh.tree.coveredBytes).toBe(2);
    }
  });

  it.each([
    ['ascending', (index: number, count: number) => index % count],
    ['descending', (index: number, count: number) => count - 1 - (index % count)],
    ['scattered', (index: number, count: number) => (index * 48_271) % count],
  ])('takes 30,000 separate ranges in %s order and merges them into one again', (_order, place) => {
    const count = 30_011;
    const coverage = open();
    for (let index = 0; index < count; index += 1) {
      coverage.reserve();
      const start = 2 * place(index, count);
      coverage.insert(start, start + 1);
    }
    expect(coverage.tree.rangeCount).toBe(count);
    checkStructure(coverage.tree.words);
    for (let index = 0; index < count; index += 1) {
      coverage.reserve();
      const start = 2 * place(index, count) + 1;
      coverage.insert(start, start + 1);
    }
    expect(bounds(coverage)).toEqual([0, 2 * count]);
    checkStructure(coverage.tree.words);
  });

  it('swallows 30,000 ranges in one insert, and gives their memory back for the next', () => {
    const pages = new PagePool(false);
    const coverage = new CoverageWriter(pages, () => undefined);
    let grown = 0;
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 30_000; index += 1) {
        coverage.reserve();
        coverage.insert(2 * index + 1, 2 * index + 2);
      }
      coverage.reserve();
      coverage.insert(0, 90_000);
      expect(bounds(coverage)).toEqual([0, 90_000]);
      checkStructure(coverage.tree.words);
      coverage.subtract(0, 90_000);
      expect(coverage.tree.rangeCount).toBe(0);
      if (round === 0) grown = pages.words.length;
    }
    expect(pages.words.length === grown).toBe(true);
  });

  it('changes nothing and says CAPACITY when its memory is used up', () => {
    const pages = new PagePool(false);
    const coverage = new CoverageWriter(pages, () => undefined);
    coverage.reserve();
    coverage.insert(5, 7);
    pages.reserve = () => {
      throw Object.assign(new Error('no pages'), { code: 'CAPACITY' });
    };
    expect(() => {
      coverage.reserve();
    }).toThrow(expect.objectContaining({ code: 'CAPACITY' }));
    expect(bounds(coverage)).toEqual([5, 7]);
  });
});
