import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';

/** Returns the error of a wait for a range that has run out of time, in milliseconds. */
export function timeoutError(range: ByteRange, timeout: number, found: string): StorageError {
  return new StorageError(
    'TIMEOUT',
    `Waited ${timeout} ms for [${range.start}, ${range.end}), and ${found}. Wait again, or longer.`,
    { range },
  );
}
