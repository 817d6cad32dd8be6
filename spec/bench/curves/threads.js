import { startRawSleepers, startSleepers } from '../tools/sleepers.js';
import { openMemory, SMALL } from '../tools/small-writes.js';

/** @import { Curve } from '../tools/curve.js' */

const COUNTS = [1, 2, 4, 8, 16];

/** Readers that all wait for the same bytes. @param {number} count */
function startReaders(count) {
  const resource = openMemory();
  const bytes = new Uint8Array(SMALL);
  return startSleepers(
    'sleeping-reader',
    count,
    () => ({ handle: resource.createPort().handle }),
    (index) => resource.writeAt(index * SMALL, bytes),
  );
}

/**
 * In microseconds.
 *
 * @param {Awaited<ReturnType<typeof startReaders>>} sleepers
 * @param {number} times
 */
async function wake(sleepers, times) {
  // Once for nothing: compiled code counts, not compiling.
  sleepers.wake(times);
  const { first, last } = sleepers.wake(times);
  await sleepers.end();
  return { first: first / 1000, last: last / 1000 };
}

/** @type {Curve} */
export const threadsCurve = {
  id: 'threads',
  title: 'How long blocked threads take to return, all woken by one write',
  x: 'blocked threads',
  y: 'µs',
  async measure({ quick }) {
    const times = quick ? 20 : 500;
    const xs = quick ? COUNTS.slice(0, 2) : COUNTS;
    const ours = [];
    const raw = [];
    for (const count of xs) {
      ours.push(await wake(await startReaders(count), times));
      raw.push(await wake(await startRawSleepers(count), times));
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
