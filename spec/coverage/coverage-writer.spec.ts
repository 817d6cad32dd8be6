import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { PagePool } from '../../lib/control/page-pool.js';
import { CoverageWriter } from '../../lib/coverage/coverage-writer.js';
import { MAX_OFFSET } from '../../lib/range/byte-range.js';
import { PlainCoverage } from './plain-coverage.js';
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
  return new CoverageWriter(new PagePool(false));
}

function apply(tree: CoverageWriter, { kind, start, length }: Change, scale = 1): void {
  tree.reserve();
  if (kind === 'insert') tree.insert(start * scale, Math.min(SIZE, start + length) * scale);
  else tree.subtract(start * scale, Math.min(SIZE, start + length) * scale);
}

function bounds(tree: CoverageWriter): number[] {
  const array = new Float64Array(2 * tree.rangeCount);
  expect(tree.copyTo(array)).toBe(array.length);
  return [...array];
}

describe('CoverageWriter', () => {
  it('holds exactly the bytes that were inserted and not subtracted, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(change, { maxLength: 600, size: 'max' }), (changes) => {
        const tree = open();
        const oracle = new PlainCoverage(SIZE);
        for (const step of changes) {
          apply(tree, step);
          oracle.set(step.start, Math.min(SIZE, step.start + step.length), step.kind === 'insert');
        }
        expect(bounds(tree)).toEqual(oracle.ranges().flatMap(({ start, end }) => [start, end]));
        expect(tree.coveredBytes).toBe(oracle.count());
        expect(tree.coveredEnd).toBe(oracle.end);
        checkStructure(tree.words);
      }),
      { numRuns: FUZZ_RUNS },
    );
  });

  it('answers coveredUntil, coveredSince and nextStart as the oracle does, at every byte', () => {
    fc.assert(
      fc.property(fc.array(change, { minLength: 100, maxLength: 600, size: 'max' }), (changes) => {
        const tree = open();
        const oracle = new PlainCoverage(SIZE);
        for (const step of changes) {
          apply(tree, step);
          oracle.set(step.start, Math.min(SIZE, step.start + step.length), step.kind === 'insert');
        }
        const starts = oracle.ranges().map(({ start }) => start);
        for (let at = 0; at < SIZE; at += 1) {
          expect(tree.coveredUntil(at)).toBe(oracle.coveredUntil(at));
          expect(tree.coveredSince(at)).toBe(oracle.coveredSince(at));
          expect(tree.nextStart(at)).toBe(starts.find((start) => start >= at) ?? Infinity);
        }
      }),
      { numRuns: Math.max(5, FUZZ_RUNS / 10) },
    );
  });

  it('counts in 53 bits: ranges around 2^31, 2^32 and up to 2^53-1', () => {
    const tree = open();
    const scale = Math.floor(MAX_OFFSET / SIZE);
    const oracle = new PlainCoverage(SIZE);
    for (let step = 0; step < 700; step += 1) {
      const start = (step * 7919) % SIZE;
      apply(tree, { kind: 'insert', start, length: 1 }, scale);
      oracle.set(start, start + 1, true);
    }
    expect(bounds(tree)).toEqual(oracle.ranges().flatMap(({ start, end }) => [start * scale, end * scale]));
    for (const around of [2 ** 31, 2 ** 32, 2 ** 33, MAX_OFFSET - 1]) {
      const fresh = open();
      fresh.reserve();
      fresh.insert(around - 1, around + 1);
      expect(fresh.coveredUntil(around - 1)).toBe(around + 1);
      expect(fresh.coveredUntil(around - 2)).toBe(around - 2);
      expect(fresh.coveredBytes).toBe(2);
    }
  });

  it.each([
    ['ascending', (index: number, count: number) => index % count],
    ['descending', (index: number, count: number) => count - 1 - (index % count)],
    ['scattered', (index: number, count: number) => (index * 48_271) % count],
  ])('takes 30,000 separate ranges in %s order and merges them into one again', (_order, place) => {
    const count = 30_011;
    const tree = open();
    for (let index = 0; index < count; index += 1) {
      tree.reserve();
      const start = 2 * place(index, count);
      tree.insert(start, start + 1);
    }
    expect(tree.rangeCount).toBe(count);
    checkStructure(tree.words);
    for (let index = 0; index < count; index += 1) {
      tree.reserve();
      const start = 2 * place(index, count) + 1;
      tree.insert(start, start + 1);
    }
    expect(bounds(tree)).toEqual([0, 2 * count]);
    checkStructure(tree.words);
  });

  it('swallows 30,000 ranges in one insert, and gives their memory back for the next', () => {
    const pages = new PagePool(false);
    const tree = new CoverageWriter(pages);
    let grown = 0;
    for (let round = 0; round < 3; round += 1) {
      for (let index = 0; index < 30_000; index += 1) {
        tree.reserve();
        tree.insert(2 * index + 1, 2 * index + 2);
      }
      tree.reserve();
      tree.insert(0, 90_000);
      expect(bounds(tree)).toEqual([0, 90_000]);
      checkStructure(tree.words);
      tree.subtract(0, 90_000);
      expect(tree.rangeCount).toBe(0);
      if (round === 0) grown = pages.words.length;
    }
    expect(pages.words.length === grown).toBe(true);
  });

  it('changes nothing and says CAPACITY when its memory is used up', () => {
    const pages = new PagePool(false);
    const tree = new CoverageWriter(pages);
    tree.reserve();
    tree.insert(5, 7);
    pages.reserve = () => {
      throw Object.assign(new Error('no pages'), { code: 'CAPACITY' });
    };
    expect(() => {
      tree.reserve();
    }).toThrow(expect.objectContaining({ code: 'CAPACITY' }));
    expect(bounds(tree)).toEqual([5, 7]);
  });
});
