import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testedWindow } from './tested-window.js';

/** @import { Window } from './tested-window.js' */

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
export function testedDriver({ MemDriver, MmapDriver, WindowDriver }, initialData, holds) {
  if (isWindowTested()) return testedWindow(WindowDriver, initialData, holds);
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
