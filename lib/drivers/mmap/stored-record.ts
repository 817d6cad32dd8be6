import type { RefusedContent } from '../driver.js';
import { decodeRecord, type RefusedRecord, type StoredRecord } from './content-record.js';
import { TO_READ } from './file-system.js';
import type { OpenFile } from './open-file.js';
import type { Place } from './place.js';

/** Larger than the record of ten million ranges: what claims to be more is none of ours. */
const LARGEST = 256 * 2 ** 20;

/** Replaces a record file as one step, durably: after a crash there is the old one or the new one. */
export function storeRecord(place: Place, name: string, temp: string, bytes: Buffer): void {
  writeRecord(place, temp, bytes);
  place.rename(temp, name);
  place.syncFolder();
}

/** Writes a record file, durable but for its name. */
export function writeRecord(place: Place, name: string, bytes: Buffer): void {
  const file = place.create(name);
  try {
    file.write(0, bytes);
    file.sync();
  } catch (error) {
    place.clear(name);
    throw error;
  } finally {
    file.close();
  }
}

/**
 * As {@link storeRecord}, without blocking the thread while the disk works. What is done to names is done synchronously, right after
 * `wanted` has said that it still is: whoever ends its being wanted finds no call on its way that could change a name.
 */
export async function storeRecordLater(
  place: Place,
  name: string,
  temp: string,
  bytes: Buffer,
  wanted: () => boolean,
): Promise<void> {
  const file = place.create(temp);
  try {
    await file.writeLater(0, bytes);
    await file.syncLater();
    if (!wanted()) return;
    place.rename(temp, name);
  } catch (error) {
    if (wanted()) place.clear(temp);
    throw error;
  } finally {
    file.close();
  }
  await place.syncFolderLater();
}

/** Reads a record file; undefined if there is none. */
export function loadRecord(place: Place, name: string): StoredRecord | RefusedRecord | undefined {
  const status = place.status(name);
  if (status === undefined) return undefined;
  if (!status.isFile) {
    const found = status.isSymbolicLink ? 'a symbolic link' : status.isDirectory ? 'a folder' : 'no regular file';
    return { reason: 'damaged', message: `it is ${found}` };
  }
  const file = place.find(name, TO_READ);
  if (file === undefined) return undefined;
  try {
    const { size } = file.status;
    if (size > LARGEST) return { reason: 'format', message: 'it is too large for a coverage file' };
    const bytes = Buffer.alloc(size);
    file.read(0, bytes);
    return decodeRecord(bytes);
  } finally {
    file.close();
  }
}

/** A partial download as it lies there. */
export type FoundPartial =
  | { readonly file: OpenFile; readonly record: StoredRecord; readonly refused?: undefined }
  | { readonly file?: undefined; readonly record?: undefined; readonly refused?: RefusedContent };

/** Looks for a partial download; neither `file` nor `refused`: there is none. */
export function findPartial(place: Place, flags: number): FoundPartial {
  const status = place.status(place.part);
  // A coverage file without its bytes is garbage.
  if (status === undefined) return {};
  const record = loadRecord(place, place.coverage);
  if (record === undefined) return {};
  if ('reason' in record)
    return refuse(place, record.reason, 0, `${place.coverage} is not believed: ${record.message}.`);
  const { coveredBytes, coveredEnd } = record;
  if (!status.isFile) {
    return refuse(place, 'damaged', coveredBytes, `${place.part} is no regular file, and is not followed.`);
  }
  const file = place.find(place.part, flags);
  if (file === undefined) return {};
  const { size } = file.orClose(() => file.status);
  if (size >= coveredEnd && coveredBytes > 0) return { file, record };
  file.close();
  if (coveredBytes === 0) return {};
  return refuse(
    place,
    'longer-than-data',
    coveredBytes,
    `${place.coverage} claims bytes up to ${coveredEnd}, and ${place.part} has ${size}.`,
  );
}

function refuse(
  place: Place,
  reason: RefusedContent['reason'],
  coveredBytes: number,
  found: string,
): { refused: RefusedContent } {
  const message = `${found} The partial download at ${place.path} is not taken up; nothing of it is removed before the first write.`;
  return { refused: { reason, coveredBytes, message } };
}
