import { openSync } from 'tidemark/sync';
import { timeOf } from '../tools/alternate.js';
import { cycle, scatter, shuffled } from '../tools/content.js';
import { openScattered, RANGE, STRIDE } from '../tools/ranges.js';
import { startThread } from '../tools/threads.js';

/** @import { Curve } from '../tools/curve.js' */
/** @import { Resource } from 'tidemark' */

const COUNTS = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
/** Writes in a sample. */
const MOST_WRITES = 100;

/** Nanoseconds of a `has`, one in two of which finds its range. @param {Pick<Resource, 'has'>} view @param {number} count */
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

/** Where `ops` new ranges go: between those that are there, or behind them. @param {number} count @param {number} ops */
function places(count, ops) {
  return cycle(shuffled(Math.max(count, ops)).map((index) => index * STRIDE + STRIDE / 2));
}

/**
 * Nanoseconds of a write that makes a new range; so few of them in a sample that there are hardly more ranges afterwards, or, where
 * there are few, ten times as many: one write alone is too short to be timed.
 *
 * @param {number} count
 * @param {boolean} quick
 */
function writeSide(count, quick) {
  const bytes = new Uint8Array(RANGE);
  const ops = count < MOST_WRITES ? 9 * count : Math.min(MOST_WRITES, count / 10);
  let resource = openScattered(count);
  let next = places(count, ops);
  return {
    ops,
    most: quick ? 5 : 200,
    async setup() {
      if (count > MOST_WRITES * 100) return;
      resource.close();
      // It is counted as open until it is collected, which takes a turn of the event loop.
      await new Promise((resolve) => setImmediate(resolve));
      resource = openScattered(count);
      next = places(count, ops);
    },
    run() {
      for (let write = 0; write < ops; write++) resource.writeAt(next(), bytes);
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
      writes.push(await timeOf(writeSide(count, setting.quick), setting));
      owner.push(await timeOf(askSide(openScattered(count), count), setting));
    }
    for (const count of xs) {
      const { worker, said } = await startThread('owner', { ranges: count });
      reader.push(await timeOf(askSide(openSync(said), count), setting));
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
