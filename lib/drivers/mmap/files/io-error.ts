import { isStorageError, StorageError } from '../../../errors/storage-error.js';

/** Returns the operating system's code for an error (`ENOENT`), undefined for other errors. */
export function systemCode(error: unknown): string | undefined {
  return (error as { code?: string } | undefined)?.code;
}

/**
 * Returns an error of this library for what the operating system refused. A {@link StorageError} is
 * returned as it is.
 *
 * @param asked - what was to be done with which file
 * @param path - the path that the resource was opened with
 */
export function ioError(asked: string, path: string, cause: unknown): StorageError {
  if (isStorageError(cause)) return cause;
  const code = systemCode(cause);
  const full = code === 'ENOSPC' || code === 'EDQUOT';
  return new StorageError(
    full ? 'NO_SPACE' : 'IO',
    `Asked to ${asked}, and the operating system refused: ${(cause as Error).message}. ${advice(code)}`,
    { path, cause },
  );
}

function advice(code: string | undefined): string {
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return 'What was written before is unharmed. Make room, then do it again.';
    case 'EACCES':
    case 'EPERM':
    case 'EROFS':
      return 'Give this process the permission, or choose another path.';
    case 'EMFILE':
    case 'ENFILE':
      return 'Close resources that are done with, or raise the limit of open files.';
    case 'ELOOP':
      return 'A symbolic link is where one of our own files belongs: it is not followed. Remove it.';
    case 'EISDIR':
    case 'ENOTDIR':
      return 'Choose a path whose parents are folders and that is none itself.';
    case 'EILSEQ':
      return 'Rename that folder, or reach it by a name that is UTF-8: through a mount, not through a symbolic link.';
    case 'ENAMETOOLONG':
      return 'Choose a shorter name: what belongs to a partial download has up to 18 characters more than its path.';
    default:
      return 'See `cause`.';
  }
}

/** As {@link systemCode}, for an {@link ioError} or the error that it was made of. */
export function refusalCode(error: unknown): string | undefined {
  return systemCode(isStorageError(error) ? error.cause : error);
}

/** Runs `action`, and throws what it throws as an {@link ioError}. */
export function attempt<T>(asked: string, path: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    throw ioError(asked, path, cause);
  }
}
