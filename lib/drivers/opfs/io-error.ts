import { isStorageError, StorageError, type StorageErrorCode } from '../../errors/storage-error.js';

/** What the browser's errors mean here, by their names. */
const MEANINGS: Readonly<Record<string, readonly [code: StorageErrorCode, advice: string]>> = {
  QuotaExceededError: ['NO_SPACE', 'What was written before is unharmed. Remove something, then do it again.'],
  NoModificationAllowedError: ['CLAIMED', 'Somebody else has it open: close that first.'],
  TypeMismatchError: ['INVALID_ARGUMENT', 'Choose a path whose parents are folders and that is none of our own files.'],
  TypeError: ['INVALID_ARGUMENT', 'Choose names that the file system allows.'],
  InvalidStateError: ['IO', 'The files were closed or removed: by clearing the data of the site, say. Open it anew.'],
};

/**
 * Returns an error of this library for what the browser refused. A {@link StorageError} is returned
 * as it is.
 *
 * @param asked - what was to be done
 * @param path - the path that the resource was opened with
 */
export function ioError(asked: string, path: string, cause: unknown): StorageError {
  if (isStorageError(cause)) return cause;
  const { name, message } = (cause ?? {}) as { name?: string; message?: string };
  const [code, advice] = MEANINGS[name ?? ''] ?? ['IO', 'See `cause`.'];
  return new StorageError(code, `Asked to ${asked}, and the browser refused: ${message ?? String(cause)}. ${advice}`, {
    path,
    cause,
  });
}

/** Runs `action`, and throws what it throws as an {@link ioError}. */
export function attempt<T>(asked: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw ioError(asked, path, cause);
  }
}

/** As {@link attempt}, for what takes its time. */
export async function attemptLater<T>(asked: string, path: string, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (cause) {
    throw ioError(asked, path, cause);
  }
}
