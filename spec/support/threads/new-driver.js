import { MemDriver, WindowDriver } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { testedDriver } from '../tested-driver.js';

/**
 * The driver that this run of the tests is about, over something new, from the built package.
 *
 * @param {number} [holds] - how many bytes have to fit in, even if it is a window
 */
export function newDriver(holds) {
  return testedDriver({ MemDriver, MmapDriver, WindowDriver }, undefined, holds);
}
