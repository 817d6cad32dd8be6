import { invalidArgument } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import { MAX_OFFSET } from './byte-range.js';

/** Throws `INVALID_RANGE` unless `[start, end)` lies in the domain of {@link ByteRange}. */
export function checkRange(start: number, end: number): void {
  if (start <= end && start >= 0 && Number.isSafeInteger(start) && Number.isSafeInteger(end)) return;
  throw new StorageError(
    'INVALID_RANGE',
    `Expected a range of integers 0 <= start <= end <= 2^53-1, got [${String(start)}, ${String(end)}). ` +
      'Ranges are half-open: end is the offset behind the last byte.',
  );
}

/** Throws `INVALID_RANGE` unless `length` bytes at `offset` lie in the domain of {@link ByteRange}. */
export function checkSpan(offset: number, length: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && offset + length <= MAX_OFFSET) return;
  throw new StorageError(
    'INVALID_RANGE',
    `Expected an integer offset >= 0 whose span stays below 2^53, got offset ${String(offset)} with ${String(length)} bytes.`,
  );
}

/** Throws `INVALID_ARGUMENT` unless `length` is undefined or a length in bytes. */
export function checkLength(name: string, length: number | undefined): void {
  if (length === undefined || (Number.isSafeInteger(length) && length >= 0)) return;
  throw invalidArgument(name, 'undefined or an integer from 0 to 2^53-1 (bytes)', length);
}
