import { StorageError } from '../errors/storage-error.js';

/** Returns the error for a call whose signal was aborted. */
export function abortedError(asked: string, signal: AbortSignal): StorageError {
  return new StorageError('CANCELLED', `${asked} with a signal that was aborted. Its reason is the cause.`, {
    cause: signal.reason,
  });
}
