import { filter, firstValueFrom } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { alternate, alternateSamples, median } from '../tools/alternate.js';
import { startThread } from '../tools/threads.js';

/** @import { Row, Setting, Side } from '../tools/row.js' */

const SMALL = 64;
/** Where writes begin. The waits are for bytes below and, far away, above. */
const BEGIN = 2 ** 20;
const FAR = 2 ** 31;
const ASYNC_WAITS = 10_000;
const BLOCKED = 64;

/** Writes of 64 bytes one after the other. @param {Resource} resource @returns {Side} */
function smallWrites(resource) {
  const bytes = new Uint8Array(SMALL);
  let offset = BEGIN;
  return {
    run() {
      resource.writeAt(offset, bytes);
      offset += SMALL;
    },
    verify() {
      const written = offset - BEGIN;
      if (resource.coveredBytes !== written) throw new Error(`${resource.coveredBytes} bytes instead of ${written}.`);
    },
  };
}

/** Range number `index` that nobody writes: every other one lies below what is written. @param {number} index */
function elsewhere(index) {
  const start = (index % 2 === 0 ? 0 : FAR) + index * SMALL;
  return { start, end: start + SMALL };
}

function openMemory() {
  return Resource.open(new MemDriver({ capacity: 2 ** 32 }));
}

/**
 * A thread that is woken `count` times; the median of the nanoseconds from the change to its return.
 *
 * @param {string} name of the thread
 * @param {object} data for it
 * @param {(index: number) => void} change number `index`
 */
async function sleeper(name, data, change) {
  const control = new Int32Array(new SharedArrayBuffer(8));
  const woken = new BigInt64Array(new SharedArrayBuffer(8));
  await startThread(name, { ...data, control, woken });
  let done = 0;
  return (/** @type {number} */ count) => {
    const times = [];
    for (let index = 0; index < count; index++) {
      // The thread says that it is about to sleep, and has certainly done so a little later.
      while (Atomics.load(control, 0) <= done) Atomics.wait(control, 0, done);
      const awhile = performance.now() + 0.1;
      while (performance.now() < awhile);
      const from = process.hrtime.bigint();
      change(done);
      done += 1;
      while (Atomics.load(control, 1) < done) Atomics.wait(control, 1, done - 1);
      times.push(Number(Atomics.load(woken, 0) - from));
    }
    return median(times);
  };
}

/** @param {Setting} setting */
async function wakeUp(setting) {
  const count = setting.quick ? 100 : 1000;
  const resource = openMemory();
  const bytes = new Uint8Array(SMALL);
  const ours = await sleeper('sleeping-reader', { handle: resource.createPort().handle }, (index) => {
    resource.writeAt(index * SMALL, bytes);
  });
  const word = new Int32Array(new SharedArrayBuffer(4));
  const raw = await sleeper('sleeping-raw', { word }, (index) => {
    Atomics.store(word, 0, index + 1);
    Atomics.notify(word, 0);
  });
  return alternateSamples(
    setting,
    () => ours(count),
    () => raw(count),
  );
}

/** @type {Row[]} */
export const waitingRows = [
  {
    id: 'write-async-waits',
    what: '64-byte write while 10,000 async waits pend elsewhere',
    against: 'with none',
    unit: 'ns',
    budget: 1.5,
    async measure(setting) {
      const resource = openMemory();
      let ended = 0;
      for (let index = 0; index < ASYNC_WAITS; index++) {
        resource.waitRange(elsewhere(index)).subscribe(() => (ended += 1));
      }
      const measured = await alternate(setting, smallWrites(resource), smallWrites(openMemory()));
      if (ended > 0) throw new Error('A wait ended that no write has touched.');
      return measured;
    },
  },
  {
    id: 'write-blocked-threads',
    what: '64-byte write while 64 threads are blocked elsewhere',
    against: 'with none',
    unit: 'ns',
    budget: 3,
    original: '30 µs (100 threads)',
    async measure(setting) {
      const resource = openMemory();
      for (let index = 0; index < BLOCKED; index++) {
        await startThread('blocked', { handle: resource.createPort().handle, range: elsewhere(index) });
      }
      await firstValueFrom(resource.demand$.pipe(filter((demand) => demand.length === BLOCKED)));
      return alternate(setting, smallWrites(resource), smallWrites(openMemory()));
    },
  },
  {
    id: 'wake-up',
    what: 'blocked thread: write → return from waitRange',
    against: 'raw Atomics.wait and notify',
    unit: 'ns',
    budget: 1.3,
    original: '4–10 µs',
    measure: wakeUp,
  },
];
