import { StorageError } from '../../../errors/storage-error.js';
import type { FileSet } from '../files/file-set.js';
import { isSameFile, TO_READ_OPEN } from '../files/file-system.js';
import { OpenFile } from '../files/open-file.js';
import type { SharedFileState } from './shared-file-state.js';

/**
 * Opens the committed file anew that the owner in this process holds, whatever has become of its
 * name: another file may have it by now, put there by another resource or by somebody else.
 *
 * Returns undefined where the system has no such way, and if the owner holds none.
 *
 * **Why it is no other file.** The owner may close its descriptor at any moment, and the number is
 * then given to another file, a pipe or a device, say. So it is examined before it is opened, since
 * to open some of these does something, and examined again when it is open.
 */
export function findHeld(fileSet: FileSet, fileState: SharedFileState): OpenFile | undefined {
  const { files, path } = fileSet;
  const { descriptor } = fileState;
  const name = descriptor === undefined ? undefined : files.descriptorPath?.(descriptor);
  if (descriptor === undefined || name === undefined) return undefined;
  try {
    const status = files.status(descriptor);
    if (!status.isFile || !fileState.matches(status)) return undefined;
    const file = new OpenFile(files, files.open(name, TO_READ_OPEN), path, path);
    if (file.orClose(() => fileState.matches(file.status))) return file;
    file.close();
  } catch {
    // It was closed, or the system does not allow it (no /proc, a sandbox).
  }
  return undefined;
}

/**
 * Throws `CHANGED` if another thread could not open the committed file: its name is another file's
 * by now, or nobody's, and the system has no way to open it without a name.
 */
export function assertReachable(fileSet: FileSet, fileState: SharedFileState, file: OpenFile): void {
  const named = fileSet.status(fileSet.path);
  if (named !== undefined && isSameFile(named, file.status)) return;
  const held = findHeld(fileSet, fileState);
  if (held === undefined) throw unreachableError(fileSet.path, named !== undefined);
  held.close();
}

function unreachableError(path: string, named: boolean): StorageError {
  return new StorageError(
    'CHANGED',
    `Made a port of ${path}, which ${named ? 'is another file now' : 'was removed'}, and this system opens no file in another thread ` +
      'without its name. This resource and the readers that have it open still read it: make ports before it is replaced. For what is ' +
      'there now, open the path anew.',
    { path },
  );
}
