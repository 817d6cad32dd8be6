import { type Driver, MemDriver, WindowDriver } from '../../lib/index.js';
import { MmapDriver } from '../../lib/node.js';
import { testedDriver } from './tested-driver.js';

/**
 * The driver that this run of the tests is about, over something new; with `initialData` it opens
 * committed.
 */
export function newDriver(initialData?: Uint8Array): Driver {
  return testedDriver({ MemDriver, MmapDriver, WindowDriver }, initialData);
}

/** The same over something new; so many bytes fit in, even if it is a window. */
export function newDriverFor(length: number): Driver {
  return testedDriver({ MemDriver, MmapDriver, WindowDriver }, undefined, length);
}
