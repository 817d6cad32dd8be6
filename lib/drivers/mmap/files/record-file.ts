import { decodeRecord, LONGEST_RECORD, type RefusedRecord, type StoredRecord } from '../../../record/record-codec.js';
import type { FileSet } from './file-set.js';
import { TO_READ } from './file-system.js';
import { sha256 } from './sha256.js';

/**
 * Replaces a record file in one step, durably: after a crash there is the old one or the new one.
 * Returns false if the file system cannot make the new name durable, so that it may be either.
 */
export function storeRecord(fileSet: FileSet, name: string, temp: string, bytes: Uint8Array): boolean {
  writeRecord(fileSet, temp, bytes);
  fileSet.rename(temp, name);
  return fileSet.syncFolder();
}

/** Writes a record file and makes it durable, but not yet its name. */
function writeRecord(fileSet: FileSet, name: string, bytes: Uint8Array): void {
  const file = fileSet.create(name);
  try {
    file.write(0, bytes);
    file.sync();
  } catch (error) {
    fileSet.removeLeftovers(name);
    throw error;
  } finally {
    file.close();
  }
}

/**
 * As {@link storeRecord}, without blocking the thread while the disk works.
 *
 * Once `wanted()` is false, no rename and no removal follows: both are synchronous, and made right
 * after it was asked. Returns undefined then.
 */
export async function storeRecordLater(
  fileSet: FileSet,
  name: string,
  temp: string,
  bytes: Uint8Array,
  wanted: () => boolean,
): Promise<boolean | undefined> {
  const file = fileSet.create(temp);
  try {
    await file.writeLater(0, bytes);
    await file.syncLater();
    if (!wanted()) return undefined;
    fileSet.rename(temp, name);
  } catch (error) {
    if (wanted()) fileSet.removeLeftovers(temp);
    throw error;
  } finally {
    file.close();
  }
  return fileSet.syncFolderLater();
}

/** Reads a record file; returns undefined if there is none. */
export function loadRecord(fileSet: FileSet, name: string): StoredRecord | RefusedRecord | undefined {
  const status = fileSet.status(name);
  if (status === undefined) return undefined;
  if (!status.isFile) {
    const found = status.isSymbolicLink ? 'a symbolic link' : status.isDirectory ? 'a folder' : 'no regular file';
    return { reason: 'damaged', message: `it is ${found}` };
  }
  const file = fileSet.find(name, TO_READ);
  if (file === undefined) return undefined;
  try {
    const { size } = file.status;
    if (size > LONGEST_RECORD) {
      return { reason: 'format', message: `it has ${size} bytes, and this library reads up to ${LONGEST_RECORD}` };
    }
    const bytes = new Uint8Array(size);
    file.read(0, bytes);
    return decodeRecord(bytes, sha256);
  } finally {
    file.close();
  }
}
