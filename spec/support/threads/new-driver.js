import { MemDriver, WindowDriver } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import { testedDriver } from '../tested-driver.js';

/** The driver that this run of the tests is about, over something new, from the built package. */
export function newDriver() {
  return testedDriver({ MemDriver, MmapDriver, WindowDriver });
}
