import { encodeRecord } from './content-record.js';
import type { FileStatus } from './file-system.js';
import type { Place } from './place.js';
import { loadRecord, writeRecord } from './stored-record.js';

/**
 * The identity of committed content, beside it.
 *
 * It goes with a file of that length, changed last at that time: a copy that keeps the time keeps the identity, and content that somebody
 * else has put there has none.
 */

/** Writes the next identity file under another name; `status` is of the file that is about to be committed. */
export function prepareIdentity(place: Place, identity: string, { size, modified }: FileStatus): void {
  writeRecord(place, place.identityTemp, encodeRecord({ coverage: [], expectedLength: size, identity }, modified));
}

/** Removes the identity file, unless it is somebody else's. */
export function forgetIdentity(place: Place): void {
  const record = loadRecord(place, place.identity);
  if (record !== undefined && !('reason' in record)) place.clear(place.identity);
  place.clear(place.identityTemp);
}

/** The identity of the committed file with this status, where one was kept. */
export function loadIdentity(place: Place, { size, modified }: FileStatus): string | undefined {
  const record = loadRecord(place, place.identity);
  if (record === undefined || 'reason' in record) return undefined;
  return record.expectedLength === size && record.modified === modified ? record.identity : undefined;
}
