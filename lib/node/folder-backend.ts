import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import { join } from 'node:path';

import type { Driver } from '../drivers/driver.js';
import { Claim } from '../drivers/mmap/claim/claim.js';
import { FileSet } from '../drivers/mmap/files/file-set.js';
import { type FileSystem, NODE_FILES, TO_CREATE, TO_SYNC } from '../drivers/mmap/files/file-system.js';
import { attempt, ioError, systemCode } from '../drivers/mmap/files/io-error.js';
import { OpenFile } from '../drivers/mmap/files/open-file.js';
import { sha256 } from '../drivers/mmap/files/sha256.js';
import { MmapDriver } from '../drivers/mmap/mmap-driver.js';
import { checkPath } from '../drivers/mmap/options.js';
import { checkOptionNames } from '../errors/check-option-names.js';
import { wrongType } from '../errors/invalid-argument.js';
import { StorageError } from '../errors/storage-error.js';
import type { BackendDriverOptions, StoreBackend, StoredEntries } from '../store/backend.js';
import type { EntryRecord } from '../store/entry-record.js';
import { encodeEntry } from '../store/record-codec.js';
import { ALL_SUFFIXES, LASTING_SUFFIXES, nameOfKey, RECORD } from './folder-names.js';
import { scanFolder } from './scan-folder.js';

/** The lock of the whole folder is `.store.lock`. */
const CLAIM = '.store';
/** Linux has another one for each start of the machine. */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';
/** What file systems give to files, in bytes, but for a few. */
const BLOCK = 4096;
/** The unit of `st_blocks`, in bytes. */
const STATUS_BLOCK = 512;

/** How to keep a store in a folder. */
export interface FolderBackendOptions {
  /** The folder; it is made if it is missing. Everything that the store keeps is right in it. */
  readonly path: string;
  /** @internal The calls of the operating system, for tests that make them fail. */
  readonly files?: FileSystem;
  /** @internal Names the start of the machine, for tests of another one. */
  readonly boot?: string;
}

/**
 * Keeps the entries of a store in a folder: each in a file of a readable name, with a small record
 * beside it (`docs/files.md`).
 *
 * What is not the store's is left alone. One store has a folder at a time, across threads and
 * processes. Throws `INVALID_ARGUMENT`, and a `TypeError` for what TypeScript rejects.
 *
 * @example
 * ```ts
 * import { folderBackend } from 'tidemark/node';
 * import { Store } from 'tidemark/store';
 *
 * await using store = await Store.open(folderBackend({ path: 'cache' }), { maxBytes: 2 ** 30 });
 * ```
 */
export function folderBackend(options: FolderBackendOptions): StoreBackend {
  const given: unknown = options;
  if (typeof given !== 'object' || given === null) throw wrongType('the options', 'an object with a path', given);
  const hidden = { files: { enumerable: false }, boot: { enumerable: false } };
  checkOptionNames(Object.create(options, hidden) as FolderBackendOptions, ['path']);
  checkPath(options.path);
  return new FolderBackend(options);
}

class FolderBackend implements StoreBackend {
  readonly boot: string;
  readonly replaces = true;
  readonly blockBytes = BLOCK;
  /** Record, coverage and identity. */
  readonly overheadBytes = 3 * BLOCK;
  readonly #files: FileSystem;
  readonly #path: string;
  #root: string;
  #claim: Claim | undefined;

  constructor({ path, files = NODE_FILES, boot = bootId() }: FolderBackendOptions) {
    this.#path = path;
    this.#root = path;
    this.#files = files;
    this.boot = boot;
  }

  async open(): Promise<StoredEntries> {
    const path = this.#path;
    this.#root = attempt(`make the folder ${path}`, path, () => {
      this.#files.makeFolder(path);
      return this.#files.realPath(path);
    });
    this.#claim = this.#taken();
    try {
      return await scanFolder(this.#root, this.boot);
    } catch (error) {
      await this.close();
      throw ioError(`list ${this.#root}`, this.#path, error);
    }
  }

  nameOf(key: string): string {
    return nameOfKey(key);
  }

  driver(name: string, { isFresh, replaces, isDurable }: BackendDriverOptions): Driver {
    const options = {
      path: join(this.#root, name),
      mode: replaces ? ('replace' as const) : ('auto' as const),
      keepIdentity: true,
      files: this.#files,
      owned: { claim: this.#held, isFresh, isDurable },
    };
    return new MmapDriver(options);
  }

  storeFirst(name: string, record: EntryRecord, usedAt: number): void {
    const path = this.#recordPath(name);
    attempt(`create ${path}`, path, () => {
      this.#write(path, record, usedAt).close();
    });
  }

  store(name: string, record: EntryRecord, usedAt: number): void {
    const path = this.#recordPath(name);
    attempt(`write ${path}`, path, () => {
      const temp = `${path}.tmp`;
      this.#replaced(temp, record, usedAt).close();
      this.#files.rename(temp, path);
    });
  }

  async storeDurably(name: string, record: EntryRecord, usedAt: () => number, wanted: () => boolean): Promise<boolean> {
    const path = this.#recordPath(name);
    const temp = `${path}.tmp`;
    try {
      const file = this.#replaced(temp, record, usedAt());
      try {
        await file.syncLater();
        if (!wanted()) {
          this.#unlink(temp);
          return false;
        }
        // It may have been used meanwhile.
        file.changeModified(usedAt());
        this.#files.rename(temp, path);
      } finally {
        file.close();
      }
      return true;
    } catch (error) {
      throw ioError(`write ${path}`, path, error);
    }
  }

  touch(name: string, usedAt: number): void {
    const path = this.#recordPath(name);
    attempt(`set the time of ${path}`, path, () => {
      this.#files.changeModifiedOf(path, usedAt);
    });
  }

  async syncContent(name: string): Promise<void> {
    const path = join(this.#root, name);
    for (const each of [path, `${path}.identity`]) {
      let file: OpenFile;
      try {
        file = this.#open(each, TO_SYNC);
      } catch (error) {
        if (systemCode(error) === 'ENOENT') continue;
        throw ioError(`make ${each} durable`, each, error);
      }
      try {
        await file.syncLater();
      } finally {
        file.close();
      }
    }
  }

  async syncNames(): Promise<void> {
    await new FileSet(this.#files, join(this.#root, CLAIM)).syncFolderLater();
  }

  count(name: string): number {
    let bytes = 0;
    for (const suffix of LASTING_SUFFIXES) {
      const status = fs.lstatSync(join(this.#root, name + suffix), { throwIfNoEntry: false });
      if (status?.isFile() === true) bytes += status.blocks * STATUS_BLOCK;
    }
    return bytes;
  }

  remove(name: string): void {
    // The record first: what has none is removed when the folder is opened next.
    for (const suffix of ALL_SUFFIXES) {
      const path = join(this.#root, name + suffix);
      if (suffix !== RECORD && fs.lstatSync(path, { throwIfNoEntry: false }) === undefined) continue;
      attempt(`remove ${path}`, path, () => {
        this.#unlink(path);
      });
    }
  }

  freeBytes(): number | undefined {
    try {
      return this.#files.freeBytes(this.#root);
    } catch {
      return undefined;
    }
  }

  close(): Promise<void> {
    this.#claim?.release();
    this.#claim = undefined;
    return Promise.resolve();
  }

  get #held(): Claim {
    if (this.#claim !== undefined) return this.#claim;
    throw new StorageError('CLOSED', `The backend of ${this.#root} is not open.`, { path: this.#root });
  }

  #taken(): Claim {
    try {
      return Claim.take(new FileSet(this.#files, join(this.#root, CLAIM)));
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'CLAIMED') throw error;
      throw new StorageError(
        'CLAIMED',
        `Asked to open a store in ${this.#root}, and another one has the folder, in this process or in another. ` +
          'Share that store, wait until it is closed, or choose another folder.',
        { path: this.#root, cause: error },
      );
    }
  }

  #recordPath(name: string): string {
    return join(this.#root, name + RECORD);
  }

  #open(path: string, flags: number): OpenFile {
    return new OpenFile(this.#files, this.#files.open(path, flags), path, path);
  }

  /** Makes a file where there is none; a crash leaves none, an empty one, or all of it. */
  #write(path: string, record: EntryRecord, usedAt: number): OpenFile {
    const file = this.#open(path, TO_CREATE);
    try {
      file.write(0, encodeEntry(record, sha256));
      file.changeModified(usedAt);
    } catch (error) {
      file.close();
      this.#unlink(path);
      throw error;
    }
    return file;
  }

  /** As {@link #write}, where a crash may have left something. */
  #replaced(path: string, record: EntryRecord, usedAt: number): OpenFile {
    try {
      return this.#write(path, record, usedAt);
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error;
      this.#unlink(path);
      return this.#write(path, record, usedAt);
    }
  }

  #unlink(path: string): void {
    try {
      this.#files.unlink(path);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
}

/** Names the present start of the machine; a random name where the system has none. */
function bootId(): string {
  try {
    return fs.readFileSync(BOOT_ID, 'utf8').trim();
  } catch {
    return randomUUID();
  }
}
