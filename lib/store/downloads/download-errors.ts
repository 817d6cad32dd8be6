import { isStorageError, StorageError } from '../../errors/storage-error.js';

const shown = (key: string): string => JSON.stringify(key).slice(0, 80);

/** There is no room for a download beside those that come before it. */
export function waitingError(key: string): StorageError {
  return new StorageError('NO_SPACE', `There is no room for ${shown(key)} beside what comes before it. It waits.`);
}

/** There will never be room for a download. */
export function tooLargeError(key: string, length: number | undefined, maxBytes: number | undefined): StorageError {
  return new StorageError(
    'NO_SPACE',
    `Asked to download ${shown(key)}, which has ${length ?? 'too many'} bytes, into a store that may take ` +
      `${maxBytes ?? 'more'} in all. Allow more with maxBytes.`,
  );
}

/** Nobody knows from where to download. */
export function unknownSourceError(key: string): StorageError {
  return new StorageError(
    'NOT_FOUND',
    `Asked to download ${shown(key)}, and nobody knows where it is. Pass a url, or open the store with a source.`,
  );
}

/** The error that a download has ended with, whatever a `source` throws. */
export function downloadError(error: unknown, key: string): StorageError {
  if (isStorageError(error)) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new StorageError('FAILED', `The download of ${shown(key)} has failed: ${message}.`, { cause: error });
}
