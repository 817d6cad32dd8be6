// What the bytes go into: a file that outlives this process, or memory.

import { MemDriver, Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';

/**
 * @typedef {import('tidemark/node').StorageResource} StorageResource
 *
 * @typedef {object} Store
 * @property {string | undefined} path of the file; undefined: memory
 * @property {boolean} fresh remove first what is there
 */

/**
 * @param {Store} store
 * @returns {StorageResource} throws, with the code `CLAIMED`, if another job stores there just now
 */
export function openStore({ path, fresh }) {
  if (path === undefined) return Resource.open(new MemDriver());
  if (fresh) MmapDriver.remove(path);
  return Resource.open(new MmapDriver({ path }));
}

/**
 * Says where it is and what was there; of memory there is nothing to say.
 *
 * @param {StorageResource} resource just opened
 */
export function describeStore({ path, origin, coveredBytes, expectedLength }) {
  if (path === undefined) return undefined;
  const { from, refused } = origin;
  if (from === 'complete') {
    return `stored in ${path}\ncomplete from an earlier run: nothing to download (--fresh starts over)`;
  }
  const lines = [`storing into ${path}`];
  if (refused) lines.push(refused.message);
  if (from === 'partial') {
    const of = expectedLength === undefined ? '' : ` of ${expectedLength}`;
    lines.push(`resuming: ${coveredBytes}${of} bytes are there from an earlier run`);
  }
  return lines.join('\n');
}

/**
 * Closes it: a file that is not complete is kept, to be gone on with. Says so if that cannot be
 * done, and does not throw: a disk that is full, say, has ended the job already, and that is the
 * error to be seen.
 *
 * @param {StorageResource} resource
 */
export function closeStore(resource) {
  try {
    resource.close();
    return undefined;
  } catch (error) {
    return `Not all of the download could be kept. ${error instanceof Error ? error.message : String(error)}`;
  }
}
