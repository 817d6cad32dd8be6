import type { FileSet } from './file-set.js';
import { OWNER } from './file-system.js';
import { refusalCode } from './io-error.js';
import type { OpenFile } from './open-file.js';

/** Error codes of file systems that have no permissions to set: vfat, SMB, FUSE. */
const CHMOD_REFUSED = ['EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/** Sets the permissions, if the file system has any. */
export function keepMode(file: OpenFile, mode: number): void {
  try {
    if (file.status.mode !== mode) file.changeMode(mode);
  } catch (error) {
    if (!CHMOD_REFUSED.includes(refusalCode(error) ?? '')) throw error;
  }
}

/**
 * Gives a replacement the permissions of the committed file that it is to replace; does nothing to
 * other content.
 *
 * @param committing - it is about to get the name. Before, its owner may read and write it, too
 */
export function keepReplacedMode(fileSet: FileSet, file: OpenFile, committing: boolean): void {
  if (fileSet.suffix !== '.next') return;
  const replaced = fileSet.status(fileSet.path);
  if (replaced?.isFile === true) keepMode(file, committing ? replaced.mode : replaced.mode | OWNER);
}
