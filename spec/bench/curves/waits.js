import { MemDriver, Resource } from 'tidemark';
import { timeOf } from '../tools/alternate.js';

/** @import { Curve } from '../tools/curve.js' */

const COUNTS = [0, 1, 10, 100, 1000, 10_000, 100_000];
const SMALL = 64;
/** Half of the waits lie below what is written, half far above. */
const BEGIN = 2 ** 24;
const FAR = 2 ** 31;

/** @param {number} waits */
function writes(waits) {
  const resource = Resource.open(new MemDriver({ capacity: 2 ** 32 }));
  let ended = 0;
  for (let index = 0; index < waits; index++) {
    const start = (index % 2 === 0 ? 0 : FAR) + index * SMALL;
    resource.waitRange({ start, end: start + SMALL }).subscribe(() => (ended += 1));
  }
  const bytes = new Uint8Array(SMALL);
  let offset = BEGIN;
  return {
    run() {
      resource.writeAt(offset, bytes);
      offset += SMALL;
    },
    verify() {
      if (ended > 0) throw new Error('A wait ended that no write has touched.');
    },
  };
}

/** @type {Curve} */
export const waitsCurve = {
  id: 'waits',
  title: 'What a 64-byte write costs while others wait for other bytes',
  x: 'pending waits',
  y: 'ns a write',
  async measure(setting) {
    const xs = setting.quick ? COUNTS.slice(0, 4) : COUNTS;
    const values = [];
    await timeOf(writes(1), setting);
    for (const count of xs) values.push(await timeOf(writes(count), setting));
    return { xs, series: [{ name: 'writeAt', values }] };
  },
};
