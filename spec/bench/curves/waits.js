import { steadyTimeOf, timeOf } from '../tools/alternate.js';
import { elsewhere, openMemory, smallWrites } from '../tools/small-writes.js';

/** @import { Curve } from '../tools/curve.js' */

const COUNTS = [0, 1, 10, 100, 1000, 10_000, 100_000];

/** @param {number} waits */
function writes(waits) {
  const resource = openMemory();
  for (let index = 0; index < waits; index++) {
    resource.waitRange(elsewhere(index)).subscribe(() => {
      throw new Error('A wait ended that no write has touched.');
    });
  }
  return smallWrites(resource);
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
    for (const count of xs) values.push(await steadyTimeOf(writes(count), setting));
    return { xs, series: [{ name: 'writeAt', values }] };
  },
};
