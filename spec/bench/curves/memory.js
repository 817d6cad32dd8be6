import { openPage, PAGE } from '../tools/pages.js';
import { openScattered } from '../tools/ranges.js';
import { sharedBlock } from '../tools/shared-block.js';

/** @import { Curve } from '../tools/curve.js' */

const RANGES = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];
const RESOURCES = [100, 1000, 10_000];

function resident() {
  globalThis.gc?.();
  return process.memoryUsage.rss();
}

/** @type {Curve} */
export const rangeMemoryCurve = {
  id: 'range-memory',
  title: 'Memory of a range: the shared block of a resource, by its ranges',
  x: 'ranges there are, written in an order by chance',
  y: 'bytes a range',
  async measure({ quick }) {
    const xs = quick ? RANGES.slice(0, 4) : RANGES;
    const values = xs.map((count) => {
      const resource = openScattered(count);
      const bytes = sharedBlock(resource);
      resource.close();
      return bytes / count;
    });
    return Promise.resolve({ xs, series: [{ name: 'shared block', values }] });
  },
};

/** @type {Curve} */
export const resourceMemoryCurve = {
  id: 'resource-memory',
  title: 'Resident memory of an open resource, besides the 4 KiB in it',
  x: 'resources open',
  y: 'bytes a resource',
  async measure({ quick }) {
    const xs = quick ? RESOURCES.slice(0, 2) : RESOURCES;
    // The first ones bring code and memory that all others share.
    const warm = Array.from({ length: 100 }, openPage);
    const before = resident();
    /** @type {ReturnType<typeof openPage>[]} */
    const resources = [];
    const values = xs.map((count) => {
      while (resources.length < count) resources.push(openPage());
      return (resident() - before) / count - PAGE;
    });
    for (const resource of [...warm, ...resources]) resource.close();
    return Promise.resolve({ xs, series: [{ name: 'resident', values }] });
  },
};
