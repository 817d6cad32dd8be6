import { MemDriver, Resource } from 'tidemark';
import { median } from '../tools/alternate.js';
import { startThread } from '../tools/threads.js';

/** @import { Curve } from '../tools/curve.js' */

const COUNTS = [1, 2, 4, 8, 16];
const SMALL = 64;

/**
 * Threads that all sleep until the same change, again and again; the medians of the microseconds until the first and the last of them
 * has returned.
 *
 * @param {string} name of the thread
 * @param {number} count
 * @param {number} rounds
 * @param {() => object} data for each thread
 * @param {(index: number) => void} change number `index`
 */
async function wakeAll(name, count, rounds, data, change) {
  const threads = [];
  for (let index = 0; index < count; index++) {
    const control = new Int32Array(new SharedArrayBuffer(8));
    const woken = new BigInt64Array(new SharedArrayBuffer(8));
    const { worker } = await startThread(name, { ...data(), control, woken });
    threads.push({ worker, control, woken });
  }
  const first = [];
  const last = [];
  for (let round = 0; round < rounds; round++) {
    for (const { control } of threads) while (Atomics.load(control, 0) <= round) Atomics.wait(control, 0, round);
    const awhile = performance.now() + 0.1 * count;
    while (performance.now() < awhile);
    const from = process.hrtime.bigint();
    change(round);
    for (const { control } of threads) while (Atomics.load(control, 1) <= round) Atomics.wait(control, 1, round);
    const times = threads.map(({ woken }) => Number(Atomics.load(woken, 0) - from) / 1000);
    first.push(Math.min(...times));
    last.push(Math.max(...times));
  }
  await Promise.all(threads.map(({ worker }) => worker.terminate()));
  return { first: median(first), last: median(last) };
}

/** @type {Curve} */
export const threadsCurve = {
  id: 'threads',
  title: 'How long blocked threads take to return, all woken by one write',
  x: 'blocked threads',
  y: 'µs',
  async measure({ quick }) {
    const rounds = quick ? 20 : 500;
    const xs = quick ? COUNTS.slice(0, 2) : COUNTS;
    const ours = [];
    const raw = [];
    for (const count of xs) {
      const resource = Resource.open(new MemDriver());
      const bytes = new Uint8Array(SMALL);
      const port = () => ({ handle: resource.createPort().handle });
      ours.push(
        await wakeAll('sleeping-reader', count, rounds, port, (index) => resource.writeAt(index * SMALL, bytes)),
      );
      const word = new Int32Array(new SharedArrayBuffer(4));
      raw.push(
        await wakeAll(
          'sleeping-raw',
          count,
          rounds,
          () => ({ word }),
          (index) => {
            Atomics.store(word, 0, index + 1);
            Atomics.notify(word, 0);
          },
        ),
      );
    }
    return {
      xs,
      series: [
        { name: 'last thread, waitRange', values: ours.map(({ last }) => last) },
        { name: 'last thread, raw Atomics.wait', values: raw.map(({ last }) => last) },
        { name: 'first thread, waitRange', values: ours.map(({ first }) => first) },
        { name: 'first thread, raw Atomics.wait', values: raw.map(({ first }) => first) },
      ],
    };
  },
};
