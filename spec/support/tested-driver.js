import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * The driver that this run of the tests is about, over something new; with `initialData` it opens
 * committed.
 *
 * The classes are given to it: specs import them from `lib`, workers and child processes from the
 * built package.
 *
 * @template M
 * @template F
 * @param {{ MemDriver: new (options: { initialData?: Uint8Array }) => M; MmapDriver: new (options:
 *   { path: string; mapping?: 'auto' | 'mmap-io' | 'koffi' | 'off' }) => F; }} classes
 * @param {Uint8Array} [initialData]
 * @returns {M | F}
 */
export function testedDriver({ MemDriver, MmapDriver }, initialData) {
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
