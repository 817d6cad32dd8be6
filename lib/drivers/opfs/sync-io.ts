import { StorageError } from '../../errors/storage-error.js';
import type { SyncFile } from './folder.js';

/** The handles take no views of memory that can change its length; those go through a copy. */
const COPIED_AT_ONCE = 2 ** 20;

/** Writes all of `data` at `offset`, in bytes. */
export function writeFully(file: SyncFile, offset: number, data: Uint8Array): void {
  for (let done = 0; done < data.length;) {
    const rest = data.subarray(done);
    const given = mayChangeLength(rest) ? new Uint8Array(rest.subarray(0, COPIED_AT_ONCE)) : rest;
    const written = file.write(given, { at: offset + done });
    if (written === 0) throw new StorageError('NO_SPACE', 'The browser wrote none of the bytes. Remove something.');
    done += written;
  }
}

/** Fills `target` with the bytes at `offset`. */
export function readFully(file: SyncFile, offset: number, target: Uint8Array): void {
  for (let done = 0; done < target.length;) {
    const rest = target.subarray(done);
    const copies = mayChangeLength(rest);
    const taken = copies ? new Uint8Array(Math.min(rest.length, COPIED_AT_ONCE)) : rest;
    const read = file.read(taken, { at: offset + done });
    if (read === 0) {
      throw new StorageError('IO', `The file ends at ${offset + done}, and more was written: it was cut short.`);
    }
    if (copies) rest.set(taken.subarray(0, read));
    done += read;
  }
}

function mayChangeLength({ buffer }: Uint8Array): boolean {
  const { growable, resizable } = buffer as { growable?: boolean; resizable?: boolean };
  return growable === true || resizable === true;
}
