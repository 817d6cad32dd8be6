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
    const ours = (/** @type {number} */ count) => {
      const resource = Resource.open(new MemDriver());
      const bytes = new Uint8Array(SMALL);
      const port = () => ({ handle: resource.createPort().handle });
      return wakeAll('sleeping-reader', count, rounds, port, (index) => resource.writeAt(index * SMALL, bytes));
    };
    const raw = (/** @type {number} */ count) => {
      const word = new Int32Array(new SharedArrayBuffer(4));
      const change = (/** @type {number} */ index) => {
        Atomics.store(word, 0, index + 1);
        Atomics.notify(word, 0);
      };
      return wakeAll('sleeping-raw', count, rounds, () => ({ word }), change);
    };
    // Once for nothing: compiled code counts, not compiling.
    await ours(1);
    await raw(1);
    const our = [];
    const bare = [];
    for (const count of xs) {
      our.push(await ours(count));
      bare.push(await raw(count));
    }
    return {
      xs,
      series: [
        { name: 'last thread, waitRange', values: our.map(({ last }) => last) },
        { name: 'last thread, raw Atomics.wait', values: bare.map(({ last }) => last) },
        { name: 'first thread, waitRange', values: our.map(({ first }) => first) },
        { name: 'first thread, raw Atomics.wait', values: bare.map(({ first }) => first) },
      ],
    };
  },
};
