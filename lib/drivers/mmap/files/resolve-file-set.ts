import { basename, dirname, isAbsolute, join, resolve } from 'node:path';

import { StorageError } from '../../../errors/storage-error.js';
import { FileSet } from './file-set.js';
import type { FileSystem } from './file-system.js';
import { attempt, ioError, systemCode } from './io-error.js';

/** How many symbolic links are followed: as many as on Linux. */
const MOST_LINKS = 40;

/**
 * Returns the files at `path`. Symbolic links are followed, also one whose target does not exist
 * yet; everything is kept beside the target.
 *
 * A `..` behind a symbolic link means the parent of the link's target, not of the link. So `a/..`
 * is not cut out of a path as text before the system has resolved the folder.
 *
 * @param makeFolder - whether to make the folder if it is missing
 */
export function resolveFileSet(files: FileSystem, path: string, makeFolder: boolean): FileSet {
  const absolute = attempt(`find ${path}`, path, () => from(path, () => files.realPath('.')));
  let target = absolute;
  for (let links = 0; ; links += 1) {
    const link = linkAt(files, target, absolute);
    if (link === undefined) break;
    if (links === MOST_LINKS) {
      throw new StorageError('IO', `Asked to open ${absolute}, and its symbolic links lead in a circle.`, {
        path: absolute,
      });
    }
    // A relative target starts at the real folder of the link.
    target = from(link.text, () => link.folder);
  }
  const folder = dirname(target);
  try {
    return new FileSet(files, join(files.realPath(folder), basename(target)));
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw ioError(`find the folder ${folder}`, absolute, cause);
    if (!makeFolder) return new FileSet(files, target);
    return attempt(`make the folder ${folder}`, absolute, () => {
      files.makeFolder(folder);
      return new FileSet(files, join(files.realPath(folder), basename(target)));
    });
  }
}

/**
 * Returns `path` as an absolute one, relative to a folder. A `..` in it stays, except on Windows,
 * which itself resolves `..` as text.
 */
function from(path: string, folder: () => string): string {
  if (process.platform === 'win32') return isAbsolute(path) ? resolve(path) : resolve(folder(), path);
  const text = path.replace(/(?<=.)\/+$/, '');
  return isAbsolute(text) ? text : `${folder()}/${text}`;
}

function linkAt(files: FileSystem, name: string, path: string): { folder: string; text: string } | undefined {
  try {
    if (!files.linkStatus(name).isSymbolicLink) return undefined;
    return { folder: files.realPath(dirname(name)), text: files.readLink(name) };
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw ioError(`look at ${name}`, path, cause);
  }
}
