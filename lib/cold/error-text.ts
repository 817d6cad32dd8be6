import { fromPlainError, type PlainError, toPlainError } from '../errors/plain-error.js';
import type { StorageError } from '../errors/storage-error.js';

/** Longer messages are cut, in UTF-16 code units; so the text fits into a box. */
const LONGEST_MESSAGE = 4096;

/** Returns an error as text, to be put into shared memory. */
export function encodeError(error: unknown): Uint8Array {
  const { code, message, path, cause } = toPlainError(error);
  const cut = (text: string | undefined): string | undefined => text?.slice(0, LONGEST_MESSAGE);
  return new TextEncoder().encode(JSON.stringify({ code, message: cut(message), path: cut(path), cause: cut(cause) }));
}

/** Returns the error that {@link encodeError} has got, for a read of `[start, end)`. */
export function decodeError(text: Uint8Array, start: number, end: number): StorageError {
  // A decoder takes no shared memory.
  const plain = JSON.parse(new TextDecoder().decode(text.slice())) as PlainError;
  return fromPlainError({ ...plain, range: { start, end } });
}
