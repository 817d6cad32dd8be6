import { filter, firstValueFrom } from 'rxjs';
import { alternate, alternateSamples } from '../tools/alternate.js';
import { startRawSleepers, startSleepers } from '../tools/sleepers.js';
import { elsewhere, openMemory, SMALL, smallWrites } from '../tools/small-writes.js';
import { startThread } from '../tools/threads.js';

/** @import { Row } from '../tools/row.js' */
/** @import { Resource } from 'tidemark' */

const ASYNC_WAITS = 10_000;
const BLOCKED = 64;

/** Resolves when so many wait. @param {Resource} resource @param {number} count */
function waiting(resource, count) {
  return firstValueFrom(resource.demand$.pipe(filter(({ length }) => length === count)));
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
      for (let index = 0; index < ASYNC_WAITS; index++) resource.waitRange(elsewhere(index)).subscribe();
      const measured = await alternate(setting, smallWrites(resource), smallWrites(openMemory()));
      await waiting(resource, ASYNC_WAITS);
      return measured;
    },
  },
  {
    id: 'write-blocked-threads',
    what: '64-byte write while 64 threads are blocked elsewhere',
    against: 'with none',
    unit: 'ns',
    budget: 3,
    alpha2: '28 µs (100 threads)',
    head: '14 µs (100 threads)',
    async measure(setting) {
      const resource = openMemory();
      for (let index = 0; index < BLOCKED; index++) {
        await startThread('blocked', { handle: resource.createPort().handle, range: elsewhere(index) });
      }
      await waiting(resource, BLOCKED);
      const measured = await alternate(setting, smallWrites(resource), smallWrites(openMemory()));
      await waiting(resource, BLOCKED);
      return measured;
    },
  },
  {
    id: 'wake-up',
    what: 'blocked thread: write → return from waitRange',
    against: 'raw Atomics.wait and notify',
    unit: 'ns',
    budget: 1.3,
    alpha2: '7.2 µs',
    head: '6.3 µs',
    async measure(setting) {
      const times = setting.quick ? 100 : 1000;
      const resource = openMemory();
      const bytes = new Uint8Array(SMALL);
      const ours = await startSleepers(
        'sleeping-reader',
        1,
        () => ({ handle: resource.createPort().handle }),
        (index) => resource.writeAt(index * SMALL, bytes),
      );
      const raw = await startRawSleepers(1);
      return alternateSamples(
        setting,
        () => ours.wake(times).last,
        () => raw.wake(times).last,
      );
    },
  },
];
