import { MemDriver, Resource } from 'tidemark';
import { openPage, PAGE, verifyPage } from '../tools/pages.js';
import { sharedBlock } from '../tools/shared-block.js';

/** @import { Row } from '../tools/row.js' */

const RESOURCES = 10_000;
const WRITES = 1_000_000;
const SMALL = 64;

function heapUsed() {
  // Twice: the first one finalizes what the second one frees.
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** @type {Row[]} */
export const memoryRows = [
  {
    id: 'resources',
    what: '10,000 memory resources open at once, 4 KiB in each: resident bytes of one besides',
    unit: 'bytes',
    budget: 16_384,
    async measure() {
      // The code that does it is there before.
      for (let index = 0; index < 100; index++) openPage().close();
      heapUsed();
      const before = process.memoryUsage.rss();
      const resources = Array.from({ length: RESOURCES }, openPage);
      const figure = (process.memoryUsage.rss() - before) / RESOURCES - PAGE;
      resources.forEach(verifyPage);
      return Promise.resolve({ figure });
    },
  },
  {
    id: 'writes-million',
    what: '1,000,000 writes nobody waits for: what heap and shared block have grown by',
    unit: 'bytes',
    // A tenth of a byte a write: less than anything that could be kept of one.
    budget: WRITES / 10,
    async measure() {
      const resource = Resource.open(new MemDriver());
      const bytes = new Uint8Array(SMALL).fill(0x5a);
      const write = (/** @type {number} */ index) => resource.writeAt(index * SMALL, bytes);
      for (let index = 0; index < 10_000; index++) write(index);
      const before = heapUsed() + sharedBlock(resource);
      for (let index = 0; index < WRITES; index++) write(index);
      const figure = Math.max(0, heapUsed() + sharedBlock(resource) - before);
      const last = new Uint8Array(SMALL);
      resource.readAt((WRITES - 1) * SMALL, last);
      if (resource.coveredBytes !== WRITES * SMALL || Buffer.compare(last, bytes) !== 0) {
        throw new Error('Other bytes than those written.');
      }
      return Promise.resolve({ figure });
    },
  },
];
