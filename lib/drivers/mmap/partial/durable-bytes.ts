import { StorageError } from '../../../errors/storage-error.js';
import type { FileSet } from '../files/file-set.js';
import { isSameFile, TO_SYNC } from '../files/file-system.js';
import { ioError } from '../files/io-error.js';
import type { OpenFile } from '../files/open-file.js';

/**
 * Makes the bytes of `.part` durable, and knows how many of the writes are.
 *
 * **What follows when bytes cannot be made durable.** The system may have lost them (Linux marks
 * the pages clean and drops them), and it reports that once to each descriptor. So from then on no
 * checkpoint and no durable commit of this file succeeds. What older checkpoints list is not
 * affected. A checkpoint that does not block has a descriptor of its own: otherwise the system
 * could report the error to it, and not to a commit that overtakes it.
 */
export class DurableBytes {
  readonly #fileSet: FileSet;
  /** Writes so far, and how many of them are durable. */
  #writes = 0;
  #synced = 0;
  /** Why nothing can be made durable any more. */
  #undurable: StorageError | undefined;

  constructor(fileSet: FileSet) {
    this.#fileSet = fileSet;
  }

  /** Counts writes. */
  get writes(): number {
    return this.#writes;
  }

  /** False if something was written since bytes were made durable. */
  get isSynced(): boolean {
    return this.#synced === this.#writes;
  }

  wrote(): void {
    this.#writes += 1;
  }

  /** Throws if bytes may have been lost. */
  assertDurable(): void {
    if (this.#undurable !== undefined) throw this.#undurable;
  }

  /** Makes bytes and length durable, blocking the thread. */
  sync(file: OpenFile): void {
    this.assertDurable();
    const writes = this.#writes;
    try {
      file.sync();
    } catch (error) {
      throw this.#markUndurable(error);
    }
    this.#synced = writes;
  }

  /** As {@link sync}, without blocking the thread, if there is anything to be made durable. */
  async syncLater(file: OpenFile): Promise<void> {
    this.assertDurable();
    if (this.isSynced) return;
    const writes = this.#writes;
    const second = this.#fileSet.find(this.#fileSet.part, TO_SYNC);
    try {
      if (second === undefined || !isSameFile(second.status, file.status)) throw partReplacedError(this.#fileSet);
      try {
        await second.syncDataLater();
      } catch (error) {
        throw this.#markUndurable(error);
      }
    } finally {
      second?.close();
    }
    this.#synced = Math.max(this.#synced, writes);
  }

  #markUndurable(cause: unknown): StorageError {
    const { path, part } = this.#fileSet;
    const error = ioError(`make durable the bytes of ${part}`, path, cause);
    this.#undurable = new StorageError(
      error.code,
      `The operating system could not make durable what was written to ${part}, and may have lost some of it since the last checkpoint. ` +
        'Close the resource and open it again: it has what that checkpoint covers. Or discard it.',
      { path, cause: error.cause ?? error },
    );
    return this.#undurable;
  }
}

/** The error for a `.part` that is another file by now, or none. */
export function partReplacedError({ path, part }: FileSet): StorageError {
  return new StorageError(
    'IO',
    `Asked to make ${part} durable, and it was removed or replaced by somebody else. What was written can still be read: write it into ` +
      'another resource. Or close this one and open the path anew.',
    { path },
  );
}
