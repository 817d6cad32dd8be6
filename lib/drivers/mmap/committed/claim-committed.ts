import { StorageError } from '../../../errors/storage-error.js';
import type { Claim } from '../claim/claim.js';
import { takeClaim } from '../claim/take-claim.js';
import type { FileContext } from '../file-context.js';
import { type FileStatus, isSameFile } from '../files/file-system.js';
import type { CommittedFile } from './committed-file.js';

/**
 * Takes the claim for a file that is open as committed. Throws `CLAIMED`, or `CHANGED` if another
 * file has its name by now.
 */
export function claimCommitted(context: FileContext, committed: CommittedFile): Claim {
  const { fileSet } = context;
  const claim = takeClaim(context);
  try {
    const named = fileSet.status(fileSet.path);
    if (named !== undefined && isSameFile(named, committed.file.status)) return claim;
    throw replacedError(fileSet.path, named);
  } catch (error) {
    claim.release();
    throw error;
  }
}

/** The error for content that cannot be written again: its path has another file, or none. */
export function replacedError(path: string, named: FileStatus | undefined): StorageError {
  return new StorageError(
    'CHANGED',
    `Asked to write ${path} again, and it ${named === undefined ? 'was removed' : 'is another file now'}: somebody else has written it ` +
      'since it was opened. Close this resource and open the path anew.',
    { path },
  );
}
