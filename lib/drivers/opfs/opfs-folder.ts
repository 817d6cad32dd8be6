import { invalidArgument, wrongType } from '../../errors/invalid-argument.js';
import { StorageError } from '../../errors/storage-error.js';
import type { Folder, SyncFile } from './folder.js';
import { ioError } from './io-error.js';

/** What dedicated workers have, and TypeScript's types of a page have not. */
interface WorkerFileHandle extends FileSystemFileHandle {
  createSyncAccessHandle(options?: { mode: 'read-only' | 'readwrite' }): Promise<SyncFile>;
}

/** The names of a folder; TypeScript's types of a page have no iterator of it. */
interface ListedFolder {
  keys(): AsyncIterable<string>;
}

/**
 * The folder of a path has this behind its last name: so a path may lie below another one, and no
 * name of a path is that of a file of ours.
 */
const SUFFIX = '.tidemark';
/** That of a store: it may have the same path as content. */
export const STORE_SUFFIX = '.tidemark-store';
/** How often a file is read that somebody else changes meanwhile. */
const MOST_TRIES = 5;

/** Throws `INVALID_ARGUMENT`, or a `TypeError`, unless `path` names something. */
export function checkPath(path: string): void {
  if (typeof path !== 'string') throw wrongType('path', 'a string', path);
  const names = path.split('/');
  if (names.every((name) => name !== '' && name !== '.' && name !== '..')) return;
  throw invalidArgument('path', "names with a slash between them ('songs/7', say), none empty, . or ..", path);
}

/** What to do where there is no such file system, for messages. */
export interface WayOut {
  /** What is done in a dedicated worker. */
  readonly inWorker: string;
  /** What is done without the file system, in browsers and elsewhere. */
  readonly without: string;
}

const FOR_RESOURCE: WayOut = {
  inWorker: 'Call openOpfs() in one',
  without: 'Open the resource with a MemDriver; in Node and Electron with the MmapDriver of tidemark/node',
};

/** Throws `UNSUPPORTED`, with the way out, where there is no such file system or no lock. */
export function assertStorage({ without }: WayOut = FOR_RESOURCE): void {
  const { navigator: found } = globalThis as { navigator?: Partial<Pick<Navigator, 'storage' | 'locks'>> };
  if (typeof found?.storage?.getDirectory === 'function' && found.locks !== undefined) return;
  throw new StorageError(
    'UNSUPPORTED',
    'There is no origin private file system here, or no Web Locks: browsers have both on https: and localhost. ' +
      `${without}.`,
  );
}

/** Throws `UNSUPPORTED`, with the way out, where no access handles are. */
export function assertHandles(way: WayOut = FOR_RESOURCE): void {
  assertStorage(way);
  const { FileSystemFileHandle: handle } = globalThis as { FileSystemFileHandle?: { prototype: object } };
  if (handle !== undefined && 'createSyncAccessHandle' in handle.prototype) return;
  throw new StorageError(
    'UNSUPPORTED',
    'Files of the origin private file system can be opened in a dedicated worker only, of a page on https: or localhost. ' +
      `${way.inWorker}. Where there is none: ${way.without}.`,
  );
}

/** A folder of the origin private file system. */
export class OpfsFolder implements Folder {
  readonly #parent: FileSystemDirectoryHandle;
  readonly #handle: FileSystemDirectoryHandle;
  readonly #toRead: boolean;

  private constructor(parent: FileSystemDirectoryHandle, handle: FileSystemDirectoryHandle, toRead: boolean) {
    this.#parent = parent;
    this.#handle = handle;
    this.#toRead = toRead;
  }

  /**
   * Returns the folder of a path; undefined if it is not there.
   *
   * @param use - `write`: makes it if it is not there; `read`: files are opened to be read only
   * @param suffix - what its name has behind that of the path
   */
  static async at(path: string, use: 'write', suffix?: string): Promise<OpfsFolder>;
  static async at(path: string, use: 'write' | 'read'): Promise<OpfsFolder | undefined>;
  static async at(path: string, use: 'write' | 'read', suffix = SUFFIX): Promise<OpfsFolder | undefined> {
    const create = use === 'write';
    const names = path.split('/');
    const last = `${names.pop() ?? ''}${suffix}`;
    let parent = await rootFolder();
    try {
      for (const name of names) parent = await parent.getDirectoryHandle(name, { create });
      return new OpfsFolder(parent, await parent.getDirectoryHandle(last, { create }), !create);
    } catch (cause) {
      if (!create && isMissing(cause)) return undefined;
      throw ioError(`open the folder of ${path}`, path, cause);
    }
  }

  async names(): Promise<readonly string[]> {
    const names: string[] = [];
    for await (const name of (this.#handle as unknown as ListedFolder).keys()) names.push(name);
    return names;
  }

  async open(name: string): Promise<SyncFile> {
    const file = (await this.#handle.getFileHandle(name, { create: !this.#toRead })) as WorkerFileHandle;
    // Where this mode is not known, one thread reads at a time.
    return file.createSyncAccessHandle({ mode: this.#toRead ? 'read-only' : 'readwrite' });
  }

  async load(name: string): Promise<Uint8Array | undefined> {
    for (let tries = 1; ; tries += 1) {
      try {
        const file = await (await this.#handle.getFileHandle(name)).getFile();
        return new Uint8Array(await file.arrayBuffer());
      } catch (error) {
        if (isMissing(error)) return undefined;
        // It was changed between the two.
        if (tries === MOST_TRIES || (error as Error).name !== 'NotReadableError') throw error;
      }
    }
  }

  async size(name: string): Promise<number> {
    try {
      return (await (await this.#handle.getFileHandle(name)).getFile()).size;
    } catch (error) {
      if (isMissing(error)) return 0;
      throw error;
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#handle.removeEntry(name);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }

  async removeIfEmpty(): Promise<void> {
    try {
      await this.#parent.removeEntry(this.#handle.name);
    } catch (error) {
      const { name } = error as Error;
      // The folder of a path below this one is in it.
      if (!isMissing(error) && name !== 'InvalidModificationError') throw error;
    }
  }
}

async function rootFolder(): Promise<FileSystemDirectoryHandle> {
  try {
    return await navigator.storage.getDirectory();
  } catch (cause) {
    throw new StorageError(
      'UNSUPPORTED',
      'There is no origin private file system here (in a private window of Safari, say). Open the resource with a MemDriver.',
      { cause },
    );
  }
}

function isMissing(error: unknown): boolean {
  return (error as Error | undefined)?.name === 'NotFoundError';
}
