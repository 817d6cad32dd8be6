import { StorageError } from '../errors/storage-error.js';

/** Returns a buffer for `length` bytes of content. Throws `CAPACITY` if no array is that long. */
export function allocate(length: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(length);
  } catch (cause) {
    throw new StorageError('CAPACITY', `Asked for ${length} bytes in one piece, more than an array holds. Read less.`, {
      cause,
    });
  }
}
