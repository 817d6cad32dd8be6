import { dirname } from 'node:path';

import { StorageError } from '../../../errors/storage-error.js';
import {
  type FileStatus,
  type FileSystem,
  TO_CREATE,
  TO_CREATE_OR_OPEN,
  OWNER,
  TO_READ,
  TO_READ_THROUGH_LINKS,
  TO_WRITE,
} from './file-system.js';
import { attempt, ioError, refusalCode, systemCode } from './io-error.js';
import { OpenFile } from './open-file.js';
import { renameWithRetries } from './rename-with-retries.js';

/**
 * Error codes for a folder that cannot be made durable: `EACCES` if it must not be read (mode
 * 0333), the others on file systems that have no such call (sshfs, SMB, FUSE).
 */
const FOLDER_SYNC_REFUSED = ['EACCES', 'EPERM', 'EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EBADF'];

/** Which name content has that is not committed: `.next` beside the committed file it replaces. */
export type PartialSuffix = '.part' | '.next';

/**
 * All files of ours at one path: their names, and what is done by name.
 *
 * | file | what it is |
 * |---|---|
 * | `<path>` | committed content, and nothing else ever |
 * | `<path>.part` | the bytes of content that is not committed |
 * | `<path>.part.coverage` | which of them are there, see `record/record-codec.ts` |
 * | `<path>.part.coverage.tmp` | the next one of these, being written |
 * | `<path>.part.new` | other bytes about to become `<path>`, being written |
 * | `<path>.identity` | the identity of committed content, with `keepIdentity` |
 * | `<path>.identity.tmp` | the next one of these, being written |
 * | `<path>.lock` | the file that a writer locks, see `claim/claim.ts` |
 *
 * A replacement, content that is written beside a committed file (mode `replace`), has names of its
 * own: `.next` in place of `.part`. It has a file set of its own, which knows no other `.part`; the
 * lock, the committed file and its identity are the same.
 */
export class FileSet {
  readonly files: FileSystem;
  readonly path: string;
  readonly part: string;
  readonly coverage: string;
  readonly coverageTemp: string;
  readonly partNew: string;
  readonly identity: string;
  readonly identityTemp: string;
  readonly lock: string;
  readonly suffix: PartialSuffix;
  readonly #folder: string;

  /** @param path - absolute, and no symbolic link; see `resolve-file-set.ts` */
  constructor(files: FileSystem, path: string, suffix: PartialSuffix = '.part') {
    this.files = files;
    this.path = path;
    this.suffix = suffix;
    this.part = path + suffix;
    this.coverage = `${this.part}.coverage`;
    this.coverageTemp = `${this.part}.coverage.tmp`;
    this.partNew = `${this.part}.new`;
    this.identity = `${path}.identity`;
    this.identityTemp = `${path}.identity.tmp`;
    this.lock = `${path}.lock`;
    this.#folder = dirname(path);
  }

  /** The same path, with other names for content that is not committed. */
  withSuffix(suffix: PartialSuffix): FileSet {
    return suffix === this.suffix ? this : new FileSet(this.files, this.path, suffix);
  }

  /**
   * Opens a file of ours. Returns undefined if there is none; throws `IO` if it is no regular file.
   */
  find(name: string, flags: number): OpenFile | undefined {
    let file: OpenFile;
    try {
      file = flags === TO_WRITE && name !== this.path ? this.#openedToWrite(name, flags) : this.#opened(name, flags);
    } catch (cause) {
      if (this.#isAbsent(name, cause)) return undefined;
      throw ioError(`open ${name}`, this.path, cause);
    }
    return file.orClose(() => {
      const { status } = file;
      if (status.isFile) return file;
      throw this.#notRegular(name, status);
    });
  }

  /** True if there is a committed file; throws `IO` if something else has its name. */
  hasCommitted(): boolean {
    const status = this.status(this.path);
    if (status?.isFile === false) throw this.#notRegular(this.path, status);
    return status !== undefined;
  }

  /** Opens the lock file; makes it if there is none. */
  openLock(): OpenFile {
    return attempt(`open ${this.lock}`, this.path, () => this.#openedToWrite(this.lock, TO_CREATE_OR_OPEN));
  }

  /** Throws `NO_SPACE` if so many bytes are known not to fit. */
  assertFits(bytes: number): void {
    let free: number | undefined;
    try {
      free = this.files.freeBytes(this.#folder);
    } catch {
      // Not every system tells; a write will.
      return;
    }
    if (free === undefined || bytes <= free) return;
    throw new StorageError(
      'NO_SPACE',
      `Asked to store ${bytes} more bytes of ${this.path}, and its file system has room for ${free}. Make room, or choose another path.`,
      { path: this.path },
    );
  }

  /** The size of a block of the file system, in bytes; throws the system's error. */
  get blockSize(): number {
    return this.files.blockSize(this.#folder);
  }

  /** Throws `IO` if the longest name of the set is too long for the file system. */
  assertLongestNameFits(): void {
    attempt(`look at ${this.coverageTemp}`, this.path, () => {
      try {
        this.files.linkStatus(this.coverageTemp);
      } catch (cause) {
        if (systemCode(cause) !== 'ENOENT') throw cause;
      }
    });
  }

  /** False if the name of the lock file would be too long: then nobody can have a claim. */
  get canBeLocked(): boolean {
    try {
      this.files.linkStatus(this.lock);
    } catch (cause) {
      return systemCode(cause) !== 'ENAMETOOLONG';
    }
    return true;
  }

  /** Makes a file of ours where nothing has the name; throws `IO` if something has. */
  createFirst(name: string): OpenFile {
    return attempt(`create ${name}`, this.path, () => this.#opened(name, TO_CREATE));
  }

  /** Makes a file of ours, in place of whatever had the name before. */
  create(name: string): OpenFile {
    this.unlink(name);
    return attempt(`create ${name}`, this.path, () => this.#opened(name, TO_CREATE));
  }

  /** Returns the status of what has this name (of a link itself), undefined if nothing has. */
  status(name: string): FileStatus | undefined {
    try {
      return this.files.linkStatus(name);
    } catch (cause) {
      if (this.#isAbsent(name, cause)) return undefined;
      throw ioError(`look at ${name}`, this.path, cause);
    }
  }

  /** @param alive - called repeatedly while a refused rename is tried again */
  rename(from: string, to: string, alive?: () => void): void {
    attempt(`rename ${from} to ${to}`, this.path, () => {
      renameWithRetries(this.files, from, to, alive);
    });
  }

  /** Removes a name, if there is one. */
  unlink(name: string): void {
    try {
      this.files.unlink(name);
    } catch (cause) {
      if (!this.#isAbsent(name, cause)) throw ioError(`remove ${name}`, this.path, cause);
    }
  }

  /** Removes files that are of no use any more; what cannot be removed stays. */
  removeLeftovers(...names: string[]): void {
    for (const name of names) {
      try {
        this.unlink(name);
      } catch {
        // Nothing is ever read from such a file, and it is removed another time.
      }
    }
  }

  /** Removes a partial download. The coverage file goes first: without it `.part` is not used. */
  removePartial(): void {
    this.unlink(this.coverage);
    this.unlink(this.part);
    this.removeLeftovers(this.coverageTemp, this.partNew, this.identityTemp);
  }

  /** Makes the names durable; returns false if the file system cannot. */
  syncFolder(): boolean {
    try {
      const folder = this.#openFolder();
      try {
        folder?.sync();
      } finally {
        folder?.close();
      }
      return true;
    } catch (error) {
      ignoreFolderSyncRefused(error);
      return false;
    }
  }

  /** As {@link syncFolder}, without blocking the thread. */
  async syncFolderLater(): Promise<boolean> {
    try {
      const folder = this.#openFolder();
      try {
        await folder?.syncLater();
      } finally {
        folder?.close();
      }
      return true;
    } catch (error) {
      ignoreFolderSyncRefused(error);
      return false;
    }
  }

  #opened(name: string, flags: number): OpenFile {
    return new OpenFile(this.files, this.files.open(name, flags), name, this.path);
  }

  /**
   * Opens a file to write it. If a umask (0277) has made it read-only for us, it is made writable
   * while it is opened, and gets its own mode back.
   */
  #openedToWrite(name: string, flags: number): OpenFile {
    try {
      return this.#opened(name, flags);
    } catch (refusal) {
      const file = systemCode(refusal) === 'EACCES' ? this.#openedMadeWritable(name, flags) : undefined;
      if (file === undefined) throw refusal;
      return file;
    }
  }

  /** Returns undefined where that does not help. */
  #openedMadeWritable(name: string, flags: number): OpenFile | undefined {
    let reading: OpenFile | undefined;
    try {
      reading = this.#opened(name, TO_READ);
      const { mode, isFile } = reading.status;
      if (!isFile || (mode & OWNER) === OWNER) return undefined;
      reading.changeMode(mode | OWNER);
      try {
        return this.#opened(name, flags);
      } finally {
        reading.changeMode(mode);
      }
    } catch {
      return undefined;
    } finally {
      reading?.close();
    }
  }

  /** True if nothing has this name, also since a name beside the path would be too long. */
  #isAbsent(name: string, cause: unknown): boolean {
    const code = systemCode(cause);
    return code === 'ENOENT' || (code === 'ENAMETOOLONG' && name !== this.path);
  }

  /** Returns undefined on Windows, where folders cannot be opened and names are written through. */
  #openFolder(): OpenFile | undefined {
    if (process.platform === 'win32') return undefined;
    return attempt(`open the folder ${this.#folder}`, this.path, () =>
      this.#opened(this.#folder, TO_READ_THROUGH_LINKS),
    );
  }

  #notRegular(name: string, { isDirectory }: FileStatus): StorageError {
    return new StorageError(
      'IO',
      `Asked to open ${name} as a file, and it is ${isDirectory ? 'a folder' : 'a device, a socket or a pipe'}. Choose another path.`,
      { path: this.path },
    );
  }
}

/** Throws the error unless it says that the folder cannot be made durable at all. */
function ignoreFolderSyncRefused(error: unknown): void {
  if (!FOLDER_SYNC_REFUSED.includes(refusalCode(error) ?? '')) throw error;
}
