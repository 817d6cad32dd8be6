import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** @import { StoredContent } from '../../lib/index.js' */
/**
 * @typedef {{ open: () => StoredContent; write: (offset: number, data: Uint8Array) => void }}
 *   Window
 */

/** So small that tests that stream fill it, in bytes. */
const WINDOW = 2 ** 19;
const BLOCK = 2 ** 12;

/**
 * The driver that this run of the tests is about, over something new; with `initialData` it opens
 * committed.
 *
 * The classes are given to it: specs import them from `lib`, workers and child processes from the
 * built package.
 *
 * @template M
 * @template F
 * @template {Window} W
 * @param {{ MemDriver: new (options: { initialData?: Uint8Array }) => M; MmapDriver: new (options:
 *   { path: string; mapping?: 'auto' | 'mmap-io' | 'koffi' | 'off' }) => F; WindowDriver: new
 *   (options: { maxBytes: number; blockSize: number }) => W; }} classes
 * @param {Uint8Array} [initialData]
 * @param {number} [holds] - how many bytes have to fit in at the same time: a test that writes more
 *   than a window, and needs all of it, says so
 * @returns {M | F | W}
 */
export function testedDriver({ MemDriver, MmapDriver, WindowDriver }, initialData, holds = initialData?.length ?? 0) {
  if (isWindowTested()) {
    const driver = new WindowDriver({ maxBytes: Math.max(WINDOW, holds + BLOCK), blockSize: BLOCK });
    return initialData === undefined ? driver : filled(driver, initialData);
  }
  const folder = testedFolder();
  if (folder === undefined) return new MemDriver({ initialData });
  const path = join(folder, randomUUID());
  if (initialData !== undefined) writeFileSync(path, initialData);
  return new MmapDriver({ path, mapping: /** @type {any} */ (process.env.MAPPING) });
}

/**
 * Where the files of this run are; undefined where it is about memory. Tests leave them to the end
 * of the run, which removes them.
 */
export function testedFolder() {
  return process.env.TESTED_DRIVER === 'file' ? process.env.TESTED_FILES : undefined;
}

/** True where this run is about windows: what is written may go for what is written later. */
export function isWindowTested() {
  return process.env.TESTED_DRIVER === 'window';
}

/**
 * A window starts empty, and what opens committed has to come with it.
 *
 * @template {Window} W
 * @param {W} driver
 * @param {Uint8Array} data
 */
function filled(driver, data) {
  const open = driver.open.bind(driver);
  driver.open = () => {
    open();
    if (data.length > 0) driver.write(0, data);
    return { coverage: data.length > 0 ? [{ start: 0, end: data.length }] : [], committedLength: data.length };
  };
  return driver;
}
