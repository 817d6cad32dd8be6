import { StorageError } from '../../../errors/storage-error.js';
import type { FileStatus, FileSystem } from './file-system.js';
import { ioError, systemCode } from './io-error.js';

/** Node moves at most 2^31−1 bytes in one call. */
const LONGEST_CALL = 2 ** 30;

/** Closes the descriptors of files that were garbage collected without being closed. */
const unclosed = new FinalizationRegistry<() => void>((close) => {
  close();
});

/**
 * An open file. Its positional reads and writes do all that they are asked to, or throw. It is
 * closed at the latest when it is garbage collected.
 */
export class OpenFile {
  readonly descriptor: number;
  readonly #files: FileSystem;
  readonly #name: string;
  readonly #path: string;
  #open = true;
  /** As first seen: Wine loses the device of an open file that is renamed. */
  #id: Pick<FileStatus, 'device' | 'inode'> | undefined;

  /**
   * @param name - what errors call it
   * @param path - the path that the resource was opened with
   */
  constructor(files: FileSystem, descriptor: number, name: string, path: string) {
    this.#files = files;
    this.descriptor = descriptor;
    this.#name = name;
    this.#path = path;
    unclosed.register(this, closerOf(files, descriptor), this);
  }

  get status(): FileStatus {
    try {
      const status = this.#files.status(this.descriptor);
      const { device, inode } = (this.#id ??= status);
      return { ...status, device, inode };
    } catch (cause) {
      throw this.#error('examine', cause);
    }
  }

  /** Runs `action`; closes the file if it throws. */
  orClose<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      this.close();
      throw error;
    }
  }

  /** Fills `target` with the bytes at `offset`; throws `IO` if the file ends before. */
  read(offset: number, target: Uint8Array): void {
    for (let done = 0; done < target.length;) {
      const length = Math.min(target.length - done, LONGEST_CALL);
      let found: number;
      try {
        found = this.#files.read(this.descriptor, target, done, length, offset + done);
      } catch (cause) {
        if (systemCode(cause) === 'EINTR') continue;
        throw this.#error(`read ${target.length} bytes at ${offset} of`, cause);
      }
      if (found === 0) throw this.#endedEarly(offset, offset + target.length, offset + done);
      done += found;
    }
  }

  /** Writes all of `data` at `offset`. */
  write(offset: number, data: Uint8Array): void {
    for (let done = 0; done < data.length;) {
      const length = Math.min(data.length - done, LONGEST_CALL);
      try {
        done += checkProgress(this.#files.write(this.descriptor, data, done, length, offset + done));
      } catch (cause) {
        if (systemCode(cause) === 'EINTR') continue;
        throw this.#error(`write ${data.length} bytes at ${offset} of`, cause);
      }
    }
  }

  /**
   * As {@link write}, without blocking the thread. The file must not be closed before an
   * asynchronous call of it has ended.
   */
  async writeLater(offset: number, data: Uint8Array): Promise<void> {
    for (let done = 0; done < data.length;) {
      const length = Math.min(data.length - done, LONGEST_CALL);
      try {
        done += checkProgress(await this.#files.writeLater(this.descriptor, data, done, length, offset + done));
      } catch (cause) {
        if (systemCode(cause) === 'EINTR') continue;
        throw this.#error(`write ${data.length} bytes at ${offset} of`, cause);
      }
    }
  }

  /** Makes the bytes and their length durable, without blocking the thread. */
  async syncDataLater(): Promise<void> {
    try {
      await this.#files.syncDataLater(this.descriptor);
    } catch (cause) {
      throw this.#error('make durable the bytes of', cause);
    }
  }

  /** Makes the file or folder durable. */
  sync(): void {
    try {
      this.#files.sync(this.descriptor);
    } catch (cause) {
      throw this.#error('make durable', cause);
    }
  }

  /** As {@link sync}, without blocking the thread. */
  async syncLater(): Promise<void> {
    try {
      await this.#files.syncLater(this.descriptor);
    } catch (cause) {
      throw this.#error('make durable', cause);
    }
  }

  /** Gives the blocks of `[start, end)` back to the file system; throws the system's error. */
  punchHole(start: number, end: number): void {
    // The number may be another file's by now.
    if (!this.#open) throw new Error(`${this.#name} is closed.`);
    this.#files.punchHole(this.descriptor, start, end);
  }

  /** Sets the permissions, as in {@link FileStatus.mode}. */
  changeMode(mode: number): void {
    try {
      this.#files.changeMode(this.descriptor, mode);
    } catch (cause) {
      throw this.#error('set the permissions of', cause);
    }
  }

  /** Sets when its bytes changed last, as in {@link FileStatus.modified}. */
  changeModified(modified: number): void {
    try {
      this.#files.changeModified(this.descriptor, modified);
    } catch (cause) {
      throw this.#error('set the modification time of', cause);
    }
  }

  /** Idempotent. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    unclosed.unregister(this);
    closerOf(this.#files, this.descriptor)();
  }

  #error(asked: string, cause: unknown): StorageError {
    return ioError(`${asked} ${this.#name}`, this.#path, cause);
  }

  #endedEarly(start: number, end: number, at: number): StorageError {
    return new StorageError(
      'IO',
      `Asked to read [${start}, ${end}) of ${this.#name}, and the file ends at ${at}: somebody else has made it shorter. ` +
        'Nobody but its resource may write it; open it anew.',
      { path: this.#path, range: { start, end } },
    );
  }
}

/** Outside the class, so that the returned function does not keep the file from being collected. */
function closerOf(files: FileSystem, descriptor: number): () => void {
  return () => {
    try {
      files.close(descriptor);
    } catch {
      // The system frees the descriptor even if it reports an error. What had to be durable was
      // synced before.
    }
  };
}

/** Throws if nothing was written: otherwise the caller would try again for ever. */
function checkProgress(bytes: number): number {
  if (bytes > 0) return bytes;
  throw new Error('it has written nothing');
}
