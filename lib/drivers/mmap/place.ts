import { basename, dirname, join, resolve } from 'node:path';

import { StorageError } from '../../errors/storage-error.js';
import { type FileStatus, type FileSystem, TO_CREATE, TO_LOCK, TO_LOOK } from './file-system.js';
import { attempt, ioError, systemCode } from './io-error.js';
import { OpenFile } from './open-file.js';

/** As many symbolic links as Linux follows. */
const MOST_LINKS = 40;

/**
 * Everything of ours at one path: what the files are called, and what is done to their names.
 *
 * | file | what it is |
 * |---|---|
 * | `<path>` | committed content, and nothing else ever |
 * | `<path>.part` | the bytes of content that is not |
 * | `<path>.part.coverage` | which of them are there, see `content-record.ts` |
 * | `<path>.part.coverage.tmp` | the next one of these, being written |
 * | `<path>.part.new` | other bytes about to become `<path>`, being written |
 * | `<path>.identity` | the identity of committed content, with `keepIdentity` |
 * | `<path>.identity.tmp` | the next one of these, being written |
 * | `<path>.lock` | whose lock is the right to write, see `claim.ts` |
 */
export class Place {
  readonly files: FileSystem;
  readonly path: string;
  readonly part: string;
  readonly coverage: string;
  readonly coverageTemp: string;
  readonly fresh: string;
  readonly identity: string;
  readonly identityTemp: string;
  readonly lock: string;
  readonly #folder: string;

  /** @param path - absolute, and no symbolic link; see {@link resolvePlace} */
  constructor(files: FileSystem, path: string) {
    this.files = files;
    this.path = path;
    this.part = `${path}.part`;
    this.coverage = `${path}.part.coverage`;
    this.coverageTemp = `${path}.part.coverage.tmp`;
    this.fresh = `${path}.part.new`;
    this.identity = `${path}.identity`;
    this.identityTemp = `${path}.identity.tmp`;
    this.lock = `${path}.lock`;
    this.#folder = dirname(path);
  }

  /** Opens a file of ours; throws `IO` if it is no regular one, and answers undefined if there is none. */
  find(name: string, flags: number): OpenFile | undefined {
    let file: OpenFile;
    try {
      file = this.#opened(name, flags);
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw ioError(`open ${name}`, this.path, cause);
    }
    return file.orClose(() => {
      const { status } = file;
      if (status.isFile) return file;
      throw this.#notRegular(name, status);
    });
  }

  /** Opens the lock file, which is made where there is none. */
  openLock(): OpenFile {
    return attempt(`open ${this.lock}`, this.path, () => this.#opened(this.lock, TO_LOCK));
  }

  /** Makes a file of ours, in place of whatever had the name before. */
  create(name: string): OpenFile {
    this.unlink(name);
    return attempt(`create ${name}`, this.path, () => this.#opened(name, TO_CREATE));
  }

  /** The status of what has this name, a symbolic link's own; undefined if nothing has. */
  status(name: string): FileStatus | undefined {
    try {
      return this.files.linkStatus(name);
    } catch (cause) {
      if (systemCode(cause) === 'ENOENT') return undefined;
      throw ioError(`look at ${name}`, this.path, cause);
    }
  }

  rename(from: string, to: string): void {
    attempt(`rename ${from} to ${to}`, this.path, () => {
      this.files.rename(from, to);
    });
  }

  /** Removes a name, if there is one. */
  unlink(name: string): void {
    try {
      this.files.unlink(name);
    } catch (cause) {
      if (systemCode(cause) !== 'ENOENT') throw ioError(`remove ${name}`, this.path, cause);
    }
  }

  /** Removes names that would be garbage; what cannot be removed stays. */
  clear(...names: string[]): void {
    for (const name of names) {
      try {
        this.unlink(name);
      } catch {
        // Garbage is never believed, and goes another time.
      }
    }
  }

  /** Removes a partial download. The coverage file goes first: without it `.part` is nothing. */
  removePartial(): void {
    this.unlink(this.coverage);
    this.unlink(this.part);
    this.clear(this.coverageTemp, this.fresh, this.identityTemp);
  }

  /** Makes the names durable. */
  syncFolder(): void {
    const folder = this.#openFolder();
    try {
      folder?.sync();
    } finally {
      folder?.close();
    }
  }

  async syncFolderLater(): Promise<void> {
    const folder = this.#openFolder();
    try {
      await folder?.syncLater();
    } finally {
      folder?.close();
    }
  }

  #opened(name: string, flags: number): OpenFile {
    return new OpenFile(this.files, this.files.open(name, flags), name, this.path);
  }

  /** Windows has no folders that can be opened, and writes names through. */
  #openFolder(): OpenFile | undefined {
    if (process.platform === 'win32') return undefined;
    return attempt(`open the folder ${this.#folder}`, this.path, () => this.#opened(this.#folder, TO_LOOK));
  }

  #notRegular(name: string, { isDirectory }: FileStatus): StorageError {
    return new StorageError(
      'IO',
      `Asked to open ${name} as a file, and it is ${isDirectory ? 'a folder' : 'a device, a socket or a pipe'}. Choose another path.`,
      { path: this.path },
    );
  }
}

/**
 * Where the bytes of `path` lie: symbolic links are followed, also one whose target does not exist yet, and everything is kept beside
 * the target. `makeFolder`: the folder is made if it is missing.
 */
export function resolvePlace(files: FileSystem, path: string, makeFolder: boolean): Place {
  const absolute = resolve(path);
  let target = absolute;
  for (let links = 0; ; links += 1) {
    const link = linkAt(files, target, absolute);
    if (link === undefined) break;
    if (links === MOST_LINKS) {
      throw new StorageError('IO', `Asked to open ${absolute}, and its symbolic links lead in a circle.`, {
        path: absolute,
      });
    }
    // From the folder that the link is in, wherever the way there leads.
    target = resolve(link.folder, link.text);
  }
  const folder = dirname(target);
  try {
    return new Place(files, join(files.realPath(folder), basename(target)));
  } catch (cause) {
    if (systemCode(cause) !== 'ENOENT') throw ioError(`find the folder ${folder}`, absolute, cause);
    if (!makeFolder) return new Place(files, target);
    return attempt(`make the folder ${folder}`, absolute, () => {
      files.makeFolder(folder);
      return new Place(files, join(files.realPath(folder), basename(target)));
    });
  }
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
