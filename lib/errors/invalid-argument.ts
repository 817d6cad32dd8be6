import { show } from './show.js';
import { StorageError } from './storage-error.js';

/** Returns the message for an argument that is not what was expected. */
export function unexpected(name: string, expected: string, value: unknown, advice = ''): string {
  return `Expected ${name} to be ${expected}, got ${show(value)}.${advice}`;
}

/**
 * Returns the error for an argument that is not valid; `expected` says what is, `advice` what to do
 * instead.
 */
export function invalidArgument(name: string, expected: string, value: unknown, advice?: string): StorageError {
  return new StorageError('INVALID_ARGUMENT', unexpected(name, expected, value, advice));
}

/** Returns the error for an argument of a type that TypeScript rejects. */
export function wrongType(name: string, expected: string, value: unknown, advice?: string): TypeError {
  return new TypeError(unexpected(name, expected, value, advice));
}
