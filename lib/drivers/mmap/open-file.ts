import { StorageError } from '../../errors/storage-error.js';
import type { FileStatus, FileSystem } from './file-system.js';
import { ioError, systemCode } from './io-error.js';

/** Node moves at most 2^31−1 bytes in one call. */
const LONGEST_CALL = 2 ** 30;

/** Closes the descriptors of what nobody holds any more. */
const forgotten = new FinalizationRegistry<() => void>((close) => {
  close();
});

/**
 * An open file: positional reads and writes that do all they are asked to or throw, and a descriptor that stays open while an
 * asynchronous call uses it.
 */
export class OpenFile {
  readonly descriptor: number;
  readonly #files: FileSystem;
  readonly #name: string;
  readonly #path: string;
  #users = 1;
  #open = true;

  /**
   * @param name - what errors call it
   * @param path - the path that the resource was opened with
   */
  constructor(files: FileSystem, descriptor: number, name: string, path: string) {
    this.#files = files;
    this.descriptor = descriptor;
    this.#name = name;
    this.#path = path;
    forgotten.register(this, closing(files, descriptor), this);
  }

  get status(): FileStatus {
    try {
      return this.#files.status(this.descriptor);
    } catch (cause) {
      throw this.#error('examine', cause);
    }
  }

  /** Does something with the file, which is closed if that throws. */
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
      let moved: number;
      try {
        moved = this.#files.read(this.descriptor, target, done, length, offset + done);
      } catch (cause) {
        if (systemCode(cause) === 'EINTR') continue;
        throw this.#error(`read ${target.length} bytes at ${offset} of`, cause);
      }
      if (moved === 0) throw this.#endedEarly(offset, offset + target.length, offset + done);
      done += moved;
    }
  }

  /** Writes all of `data` at `offset`. */
  write(offset: number, data: Uint8Array): void {
    for (let done = 0; done < data.length;) {
      const length = Math.min(data.length - done, LONGEST_CALL);
      try {
        done += this.#files.write(this.descriptor, data, done, length, offset + done);
      } catch (cause) {
        if (systemCode(cause) === 'EINTR') continue;
        throw this.#error(`write ${data.length} bytes at ${offset} of`, cause);
      }
    }
  }

  /** As {@link write}, without blocking the thread. */
  writeLater(offset: number, data: Uint8Array): Promise<void> {
    return this.#use(`write ${data.length} bytes at ${offset} of`, async () => {
      for (let done = 0; done < data.length;) {
        const length = Math.min(data.length - done, LONGEST_CALL);
        done += await this.#files.writeLater(this.descriptor, data, done, length, offset + done);
      }
    });
  }

  /** Makes the bytes durable, without blocking the thread. */
  syncDataLater(): Promise<void> {
    return this.#use('make durable the bytes of', () => this.#files.syncDataLater(this.descriptor));
  }

  /** Makes file or folder durable. */
  sync(): void {
    try {
      this.#files.sync(this.descriptor);
    } catch (cause) {
      throw this.#error('make durable', cause);
    }
  }

  syncLater(): Promise<void> {
    return this.#use('make durable', () => this.#files.syncLater(this.descriptor));
  }

  /** Closes, once the asynchronous calls that use it are done. Again: nothing. */
  close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#leave();
  }

  async #use(asked: string, action: () => Promise<void>): Promise<void> {
    this.#users += 1;
    try {
      await action();
    } catch (cause) {
      throw this.#error(asked, cause);
    } finally {
      this.#leave();
    }
  }

  #leave(): void {
    this.#users -= 1;
    if (this.#users > 0) return;
    forgotten.unregister(this);
    closing(this.#files, this.descriptor)();
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

/** Outside of the class, so that what it makes does not hold the file. */
function closing(files: FileSystem, descriptor: number): () => void {
  return () => {
    try {
      files.close(descriptor);
    } catch {
      // The system frees the descriptor whatever it answers, and what had to be durable was synced before.
    }
  };
}
