import { IntervalTree } from 'node-interval-tree';
import { openSync } from 'tidemark/sync';
import { alternate } from '../tools/alternate.js';
import { cycle, scatter, shuffled } from '../tools/content.js';
import { openScattered, RANGE, STRIDE } from '../tools/ranges.js';
import { startThread } from '../tools/threads.js';

/** @import { Row, Side } from '../tools/row.js' */
/** @import { ByteRange } from 'tidemark' */

const RANGES = 10_000;
/** Writes in one sample: few beside the ranges that are there. */
const WRITES = 100;
const SAMPLES = 50;
const LOADS = 1024;

/**
 * Asks for ranges of which one in two is there, in an order by chance.
 *
 * @param {(range: ByteRange) => boolean} has
 * @param {number} [share] of the ranges asked for that are there
 * @returns {Side}
 */
function questions(has, share = 0.5) {
  const next = cycle(scatter(RANGES * 2));
  const ranges = Array.from({ length: RANGES * 2 }, (_, index) => {
    const covered = index < 2 * RANGES * share;
    const start = (index % RANGES) * STRIDE + (covered ? 0 : RANGE / 2);
    return { start, end: start + RANGE };
  });
  const expected = ranges.map(({ start }) => start % STRIDE === 0);
  let wrong = 0;
  return {
    run() {
      const index = next();
      if (has(/** @type {ByteRange} */ (ranges[index])) !== expected[index]) wrong += 1;
    },
    verify() {
      if (wrong > 0) throw new Error(`${wrong} wrong answers.`);
    },
  };
}

/** The plainest search: over the bounds of all ranges, start, end, start, end … */
function binarySearch() {
  const bounds = Float64Array.from({ length: 2 * RANGES }, (_, index) => (index >> 1) * STRIDE + (index & 1) * RANGE);
  return questions(({ start, end }) => {
    let low = 0;
    let high = RANGES;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (/** @type {number} */ (bounds[2 * middle + 1]) <= start) low = middle + 1;
      else high = middle;
    }
    return (
      low < RANGES &&
      /** @type {number} */ (bounds[2 * low]) <= start &&
      /** @type {number} */ (bounds[2 * low + 1]) >= end
    );
  });
}

/** The owner's thread is another one. */
async function openReader() {
  return openSync((await startThread('owner', { ranges: RANGES })).said);
}

/**
 * Writes that make a new range each, between `count` ranges that are there; not so many in a round that their number counts.
 *
 * @template T
 * @param {number} count
 * @param {{ make: () => T, insert: (place: T, start: number) => void, size: (place: T) => number }} store
 * @returns {Side}
 */
function newRanges(count, { make, insert, size }) {
  let place = make();
  let next = cycle(shuffled(count));
  let made = 0;
  const startOver = () => {
    place = make();
    next = cycle(shuffled(count));
    made = 0;
  };
  return {
    ops: WRITES,
    most: SAMPLES,
    before: startOver,
    setup() {
      if (count < WRITES * SAMPLES) startOver();
    },
    run() {
      for (let write = 0; write < WRITES; write++) insert(place, next() * STRIDE + STRIDE / 2);
      made += WRITES;
    },
    verify() {
      if (size(place) !== count + made) throw new Error(`${size(place)} ranges instead of ${count + made}.`);
    },
  };
}

/** @param {number} count */
function resourceRanges(count) {
  const bytes = new Uint8Array(RANGE);
  return newRanges(count, {
    make: () => openScattered(count),
    insert: (resource, start) => resource.writeAt(start, bytes),
    size: (resource) => resource.coverage.rangeCount,
  });
}

/** Kept in an interval tree, with nothing touching: each new range is looked for before. @param {number} count */
function treeRanges(count) {
  return newRanges(count, {
    make() {
      /** @type {IntervalTree<{ low: number, high: number }>} */
      const tree = new IntervalTree();
      for (const index of shuffled(count)) tree.insert({ low: index * STRIDE, high: index * STRIDE + RANGE - 1 });
      return tree;
    },
    insert(tree, start) {
      // Closed intervals, as the tree has them: one more byte on either side finds what touches.
      if (tree.search(start - 1, start + RANGE).length > 0) throw new Error('It is no new range.');
      tree.insert({ low: start, high: start + RANGE - 1 });
    },
    size: (tree) => tree.count,
  });
}

/** Sums words that are all 1. @param {(words: Int32Array) => number} sumOf @returns {Side} */
function sums(sumOf) {
  const words = new Int32Array(new SharedArrayBuffer(4 * LOADS)).fill(1);
  let calls = 0;
  let sum = 0;
  return {
    ops: LOADS,
    run() {
      calls += 1;
      sum += sumOf(words);
    },
    verify() {
      if (sum !== calls * LOADS) throw new Error(`The sum of ${calls * LOADS} words is ${sum}.`);
    },
  };
}

/** @param {Int32Array} words */
function sumAtomically(words) {
  let sum = 0;
  for (let index = 0; index < LOADS; index++) sum += Atomics.load(words, index);
  return sum;
}

/** @param {Int32Array} words */
function sumPlainly(words) {
  let sum = 0;
  for (let index = 0; index < LOADS; index++) sum += /** @type {number} */ (words[index]);
  return sum;
}

/** @type {Row[]} */
export const coverageRows = [
  {
    id: 'has-owner',
    what: 'has at 10,000 ranges, owner',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    budget: 4,
    original: '110–200 ns',
    async measure(setting) {
      const resource = openScattered(RANGES);
      return alternate(
        setting,
        questions((range) => resource.has(range)),
        binarySearch(),
      );
    },
  },
  {
    id: 'has-sync',
    what: 'has at 10,000 ranges, SyncReader',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    budget: 4,
    original: '110–200 ns',
    async measure(setting) {
      const reader = await openReader();
      return alternate(
        setting,
        questions((range) => reader.has(range)),
        binarySearch(),
      );
    },
  },
  {
    id: 'wait-ready',
    what: 'ready sync waitRange at 10,000 ranges',
    against: 'has on the same range',
    unit: 'ns',
    budget: 1.5,
    original: '110–170 ns',
    async measure(setting) {
      const reader = await openReader();
      return alternate(
        setting,
        questions((range) => reader.waitRange(range) === 'ready', 1),
        questions((range) => reader.has(range), 1),
      );
    },
  },
  {
    id: 'new-range-250k',
    what: 'write making a new range, at 250,000 ranges',
    against: 'the same at 1,000',
    unit: 'ns',
    budget: 2,
    async measure(setting) {
      return alternate(setting, resourceRanges(250_000), resourceRanges(1000));
    },
  },
  {
    id: 'new-range-50k',
    what: 'write making a new range, at 50,000 ranges',
    against: 'the same set kept in node-interval-tree',
    unit: 'ns',
    budget: 0.2,
    original: '500 µs',
    async measure(setting) {
      return alternate(setting, resourceRanges(50_000), treeRanges(50_000));
    },
  },
  {
    id: 'raw-atomics',
    what: 'the platform: Atomics.load of a shared word',
    against: 'a plain load',
    unit: 'ns',
    async measure(setting) {
      return alternate(setting, sums(sumAtomically), sums(sumPlainly));
    },
  },
];
