import { invalidArgument, unexpected } from '../errors/invalid-argument.js';
import { show } from '../errors/show.js';
import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from './byte-range.js';

/** Returns `range`; throws `INVALID_RANGE` unless it is one in the domain of {@link ByteRange}. */
export function checkedRange(range: ByteRange): ByteRange {
  const given: unknown = range;
  if (typeof given !== 'object' || given === null) throw invalidRange(show(given));
  checkRange(range.start, range.end);
  return range;
}

/** Throws `INVALID_RANGE` unless `[start, end)` lies in the domain of {@link ByteRange}. */
export function checkRange(start: number, end: number): void {
  if (isOffset(start) && isOffset(end) && start <= end) return;
  throw invalidRange(`[${show(start)}, ${show(end)})`);
}

/** Throws `INVALID_RANGE` unless `offset` is one. */
export function checkOffset(name: string, offset: number): void {
  if (isOffset(offset)) return;
  throw new StorageError('INVALID_RANGE', unexpected(name, 'an integer from 0 to 2^53-1', offset));
}

/**
 * Throws `INVALID_RANGE` unless `length` bytes at `offset` lie in the domain of {@link ByteRange}.
 */
export function checkSpan(offset: number, length: number): void {
  if (isOffset(offset) && isOffset(offset + length)) return;
  throw invalidRange(`offset ${show(offset)} with length ${length}`);
}

/** Throws `INVALID_ARGUMENT` unless `length` is undefined or a length in bytes. */
export function checkLength(name: string, length: number | undefined): void {
  if (length === undefined || isOffset(length)) return;
  throw invalidArgument(name, 'an integer from 0 to 2^53-1 (bytes)', length);
}

function isOffset(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function invalidRange(found: string): StorageError {
  return new StorageError(
    'INVALID_RANGE',
    `Expected a range { start, end } of integers 0 <= start <= end <= 2^53-1 (half-open), got ${found}.`,
  );
}
