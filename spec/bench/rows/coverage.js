import { IntervalTree } from 'node-interval-tree';
import { openSync } from 'tidemark/sync';
import { alternate } from '../tools/alternate.js';
import { cycle, scatter, shuffled } from '../tools/content.js';
import { openScattered, RANGE, STRIDE } from '../tools/ranges.js';
import { startThread } from '../tools/threads.js';

/** @import { Row, Setting, Side } from '../tools/row.js' */
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
 * @param {Float64Array} [order] of the questions
 * @returns {Side}
 */
function questions(has, share = 0.5, order = scatter(RANGES * 2)) {
  const next = cycle(order);
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

/** The same range, which is there, again and again. */
const AGAIN = new Float64Array(RANGES).fill(RANGES / 2);
/** The ranges that are there, from the first one on. */
const ONWARDS = Float64Array.from({ length: RANGES }, (_, index) => index);

/**
 * Start, end, start, end … of as many ranges.
 *
 * @param {number} count
 */
function boundsOf(count) {
  return Float64Array.from({ length: 2 * count }, (_, index) => (index >> 1) * STRIDE + (index & 1) * RANGE);
}

/**
 * The first range that ends behind `start`, by the plainest search.
 *
 * @param {Float64Array} bounds
 * @param {number} start
 */
function firstBehind(bounds, start) {
  let low = 0;
  let high = bounds.length / 2;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (/** @type {number} */ (bounds[2 * middle + 1]) <= start) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The plainest search: over the bounds of all ranges, start, end, start, end …
 *
 * @param {number} [share] as that of {@link questions}
 * @param {Float64Array} [order]
 */
function binarySearch(share, order) {
  const bounds = boundsOf(RANGES);
  /** @param {ByteRange} range */
  const has = ({ start, end }) => {
    const low = firstBehind(bounds, start);
    return (
      low < RANGES &&
      /** @type {number} */ (bounds[2 * low]) <= start &&
      /** @type {number} */ (bounds[2 * low + 1]) >= end
    );
  };
  return questions(has, share, order);
}

/** The owner's thread is another one. @param {'owner' | 'writing-owner'} [owner] */
async function openReader(owner = 'owner') {
  return openSync((await startThread(owner, { ranges: RANGES })).said);
}

/**
 * Writes that make a new range each, between `count` ranges that are there; not so many in a round
 * that their number counts.
 *
 * @template T
 * @param {number} count
 * @param {{ make: () => T, insert: (place: T, start: number) => void, size: (place: T) => number }}
 * store
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

/**
 * Kept in an interval tree, with nothing touching: each new range is looked for before.
 *
 * @param {number} count
 */
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

/**
 * What a write that makes a new range cannot do without: finding its place among the bounds of all
 * ranges by the plainest search, putting its bytes there, and an atomic store that shows them.
 *
 * @param {number} count
 * @returns {Side}
 */
function placedBytes(count) {
  const bounds = boundsOf(count);
  const bytes = new Uint8Array(RANGE).fill(1);
  const memory = new Uint8Array(new SharedArrayBuffer(count * STRIDE)).fill(2);
  const shown = new Int32Array(new SharedArrayBuffer(4));
  const next = cycle(shuffled(count));
  let last = 0;
  return {
    ops: WRITES,
    run() {
      for (let write = 0; write < WRITES; write++) {
        const start = next() * STRIDE + STRIDE / 2;
        last = firstBehind(bounds, start) * STRIDE - STRIDE / 2;
        memory.set(bytes, last);
        Atomics.store(shown, 0, write);
      }
    },
    verify() {
      if (memory[last] !== 1 || memory[last + RANGE] !== 2) throw new Error(`The bytes at ${last} are others.`);
    },
  };
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

/** @typedef {{ has(range: ByteRange): boolean }} Asked */

/**
 * `has` of what `open` opens, beside a binary search that is asked the same.
 *
 * @param {() => Asked | Promise<Asked>} open
 * @param {number} [share] as that of {@link questions}
 * @param {Float64Array} [order]
 */
function compareHas(open, share, order) {
  return async (/** @type {Setting} */ setting) => {
    const view = await open();
    return alternate(
      setting,
      questions((range) => view.has(range), share, order),
      binarySearch(share, order),
    );
  };
}

/** @type {Row[]} */
export const coverageRows = [
  {
    id: 'has-owner',
    what: 'has at 10,000 ranges, owner',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    budget: 2.5,
    alpha2: '74 ns',
    head: '75 ns',
    measure: compareHas(() => openScattered(RANGES)),
  },
  {
    id: 'has-sync',
    what: 'has at 10,000 ranges, SyncReader',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    budget: 4,
    alpha2: '74 ns',
    head: '75 ns',
    measure: compareHas(openReader),
  },
  {
    id: 'has-again-owner',
    what: 'has of the same range again, at 10,000 ranges, owner',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    measure: compareHas(() => openScattered(RANGES), 1, AGAIN),
  },
  {
    id: 'has-again-sync',
    what: 'has of the same range again, at 10,000 ranges, SyncReader',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    measure: compareHas(openReader, 1, AGAIN),
  },
  {
    id: 'has-onwards-sync',
    what: 'has of one range after the other, at 10,000 ranges, SyncReader',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    measure: compareHas(openReader, 1, ONWARDS),
  },
  {
    id: 'has-writing-sync',
    what: 'has at 10,000 ranges, SyncReader, while the owner writes at full speed',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    measure: compareHas(() => openReader('writing-owner')),
  },
  {
    id: 'gap-sync',
    what: 'nextGap at 10,000 ranges, SyncReader',
    against: 'binary search in a Float64Array',
    unit: 'ns',
    async measure(setting) {
      const reader = await openReader();
      return alternate(
        setting,
        // The gap begins behind a range that is there, or within what is asked for.
        questions(({ start, end }) => reader.nextGap(start)?.start === end),
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
    alpha2: '80 ns',
    head: '88 ns',
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
    id: 'raw-new-range',
    what: 'the platform: a binary search of 250,000 ranges, `set` of 16 bytes there, and `Atomics.store`',
    against: 'the same of 1,000',
    unit: 'ns',
    async measure(setting) {
      return alternate(setting, placedBytes(250_000), placedBytes(1000));
    },
  },
  {
    id: 'new-range-50k',
    what: 'write making a new range, at 50,000 ranges',
    against: 'the same set kept in node-interval-tree',
    unit: 'ns',
    budget: 0.2,
    alpha2: '1.04 µs',
    head: '611 µs',
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
