import { MemDriver, Resource } from 'tidemark';
import { openSync } from 'tidemark/sync';
import { steadyTimeOf, timeOf } from '../tools/alternate.js';
import { cycle, scatter, shuffled } from '../tools/content.js';
import { openScattered, RANGE, STRIDE } from '../tools/ranges.js';
import { startThread } from '../tools/threads.js';

/** @import { Curve } from '../tools/curve.js' */

const COUNTS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
/** Writes in a sample. */
const MOST_WRITES = 100;

/**
 * Nanoseconds of a `has`, one in two of which finds its range.
 *
 * @param {Pick<Resource, 'has'>} view
 * @param {number} count
 */
function askSide(view, count) {
  const next = cycle(scatter(count * 2));
  let wrong = 0;
  return {
    run() {
      const index = next();
      const start = (index >> 1) * STRIDE + (index % 2) * (RANGE / 2);
      if (view.has({ start, end: start + RANGE }) !== (index % 2 === 0)) wrong += 1;
    },
    verify() {
      if (wrong > 0) throw new Error(`${wrong} wrong answers.`);
    },
  };
}

/** Ranges that are there lie so far apart that nine new ones fit between two of them. */
const APART = 10;
const SLOT = 4;
const bytes = new Uint8Array(2).fill(0x5a);

/** A resource with `count` ranges, and room between them. @param {number} count */
function openSpaced(count) {
  const resource = Resource.open(new MemDriver());
  for (const index of shuffled(count)) resource.writeAt(index * APART * SLOT, bytes);
  return resource;
}

/** Where new ranges go, by chance. @param {number} count there are @param {number} wanted */
function places(count, wanted) {
  return shuffled(count * (APART - 1))
    .subarray(0, wanted)
    .map((index) => ((index % count) * APART + 1 + Math.floor(index / count)) * SLOT);
}

/**
 * Nanoseconds of a write that makes a new range. So few of them are made that there are hardly more
 * ranges afterwards, or, where there are few, ten times as many: one write alone is too short to be
 * timed.
 *
 * @param {number} count
 * @param {boolean} quick
 */
function writeSide(count, quick) {
  const ops = Math.min(MOST_WRITES, count * (APART - 1));
  const anew = count <= MOST_WRITES * 100;
  const most = quick ? 5 : anew ? 100 : 30;
  // Enough for three rounds and what comes before each.
  const next = cycle(places(count, anew ? ops : 3 * ops * (most + 5)));
  let resource = openSpaced(count);
  let made = 0;
  return {
    ops,
    most,
    async setup() {
      if (!anew) return;
      resource.close();
      // It is counted as open until it is collected, which takes a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      resource = openSpaced(count);
      made = 0;
    },
    run() {
      for (let write = 0; write < ops; write++) resource.writeAt(next(), bytes);
      made += ops;
    },
    verify() {
      const { rangeCount } = resource.coverage;
      if (rangeCount !== count + made) throw new Error(`${rangeCount} ranges instead of ${count + made}.`);
    },
  };
}

/** @type {Curve} */
export const rangesCurve = {
  id: 'ranges',
  title: 'What a question and a write cost',
  x: 'ranges there are',
  y: 'ns a call',
  async measure(setting) {
    const xs = setting.quick ? COUNTS.slice(0, 4) : COUNTS;
    const writes = [];
    const owner = [];
    const reader = [];
    // Compiled before anything counts.
    await timeOf(writeSide(1000, setting.quick), setting);
    for (const count of xs) {
      writes.push(await steadyTimeOf(writeSide(count, setting.quick), setting));
      owner.push(await steadyTimeOf(askSide(openScattered(count), count), setting));
    }
    for (const count of xs) {
      const { worker, said } = await startThread('owner', { ranges: count });
      reader.push(await steadyTimeOf(askSide(openSync(said), count), setting));
      await worker.terminate();
    }
    return {
      xs,
      series: [
        { name: 'writeAt that makes a new range', values: writes },
        { name: 'has, SyncReader', values: reader },
        { name: 'has, owner', values: owner },
      ],
    };
  },
};
