import { median } from './alternate.js';
import { startThread } from './threads.js';

/**
 * Threads that all sleep until the same change, again and again.
 *
 * @param {string} name of the thread
 * @param {number} count
 * @param {(thread: number) => object} data for a thread
 * @param {(index: number) => void} change number `index`, that wakes all of them
 */
export async function startSleepers(name, count, data, change) {
  /**
   * @type {{ worker: import('node:worker_threads').Worker, control: Int32Array, woken:
   * BigInt64Array }[]}
   */
  const threads = [];
  for (let thread = 0; thread < count; thread++) {
    const control = new Int32Array(new SharedArrayBuffer(8));
    const woken = new BigInt64Array(new SharedArrayBuffer(8));
    const { worker } = await startThread(name, { ...data(thread), control, woken });
    threads.push({ worker, control, woken });
  }
  let done = 0;
  return {
    /**
     * Wakes them so often; the medians of the nanoseconds until the first and the last of them has
     * returned.
     *
     * @param {number} times
     */
    wake(times) {
      const first = [];
      const last = [];
      for (const end = done + times; done < end; done++) {
        // Each says that it is about to sleep, and has certainly done so a little later.
        for (const { control } of threads) while (Atomics.load(control, 0) <= done) Atomics.wait(control, 0, done);
        const awhile = performance.now() + 0.1 * count;
        while (performance.now() < awhile);
        const from = process.hrtime.bigint();
        change(done);
        for (const { control } of threads) while (Atomics.load(control, 1) <= done) Atomics.wait(control, 1, done);
        const took = threads.map(({ woken }) => Number(Atomics.load(woken, 0) - from));
        first.push(Math.min(...took));
        last.push(Math.max(...took));
      }
      return { first: median(first), last: median(last) };
    },
    end: () => Promise.all(threads.map(({ worker }) => worker.terminate())),
  };
}

/**
 * Threads that sleep in `Atomics.wait`, each on a word of its own: the least that waking takes on
 * this platform.
 *
 * @param {number} count
 */
export function startRawSleepers(count) {
  // A word each, far enough from the next one's to share nothing with it.
  const words = Array.from({ length: count }, () => new Int32Array(new SharedArrayBuffer(64)));
  return startSleepers(
    'sleeping-raw',
    count,
    (thread) => ({ word: words[thread] }),
    (index) => {
      for (const word of words) {
        Atomics.store(word, 0, index + 1);
        Atomics.notify(word, 0);
      }
    },
  );
}
