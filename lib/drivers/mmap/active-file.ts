import { StorageError } from '../../errors/storage-error.js';
import type { ContentRecord } from '../driver.js';
import { type CheckpointPolicy, Checkpoints } from './checkpoints.js';
import { digestOf, encodeRecord } from './content-record.js';
import type { FileCell } from './file-cell.js';
import { type FileStatus, isSame, TO_READ } from './file-system.js';
import { ioError } from './io-error.js';
import type { OpenFile } from './open-file.js';
import type { Place } from './place.js';
import { storeRecord, storeRecordLater } from './stored-record.js';

/**
 * `<path>.part` and its coverage file, from the first write to the commit; the holder of the claim has it.
 *
 * **Why what the coverage file claims is there,** after `kill -9` and after power loss: a checkpoint
 *
 * 1. takes a snapshot of the coverage, whose bytes have been handed to the system;
 * 2. makes the bytes of `.part` durable (`fdatasync`, which covers its length), and once, before the first coverage file that speaks of it,
 *    its name (`fsync` of the folder);
 * 3. writes the next coverage file under another name, makes it durable, renames it, and makes the folder durable.
 *
 * A crash before the rename leaves the older coverage file, which claims less; what was written since is overwritten later. Bytes
 * that are written again while a checkpoint is being made are there in one version or the other.
 *
 * **Why no coverage file speaks of other bytes:** whoever starts clean removes it, makes that durable, and only then makes a new `.part`.
 *
 * A system that fails to make bytes durable may have dropped them (Linux marks the pages clean and forgets them), and says so once to each
 * descriptor. So from then on no checkpoint and no durable commit of this file succeeds; what older checkpoints claim is untouched by
 * it. And a checkpoint that does not block has a descriptor of its own: else it could be told in place of a commit that overtakes it.
 */
export class ActiveFile {
  readonly #place: Place;
  readonly #cell: FileCell;
  readonly #record: () => ContentRecord;
  readonly #checkpoints: Checkpoints;
  #file: OpenFile | undefined;
  /** `kept`: all of it is durable, or committed; `dropped`: what no checkpoint has kept is lost. */
  #ended: 'kept' | 'dropped' | undefined;
  /** Writes so far, and how many of them are durable. */
  #writes = 0;
  #synced = 0;
  /** Whether the name `.part` is durable. */
  #named: boolean;
  /** The digest of the coverage file as it is on disk. */
  #stored: Buffer | undefined;
  /** Whether `.part` was there before, with a coverage file. */
  readonly #takenUp: boolean;
  #undurable: StorageError | undefined;

  /**
   * @param file - `.part` where one is taken up, closed if this throws; else it is made at the first write
   * @param stored - the digest of its coverage file
   */
  constructor(
    place: Place,
    cell: FileCell,
    record: () => ContentRecord,
    policy: CheckpointPolicy | undefined,
    file?: OpenFile,
    stored?: Buffer,
  ) {
    this.#place = place;
    this.#cell = cell;
    this.#record = record;
    this.#checkpoints = new Checkpoints(policy, () => this.#checkpoint());
    this.#file = file;
    this.#stored = stored;
    this.#takenUp = stored !== undefined;
    this.#named = file !== undefined;
    file?.orClose(() => {
      cell.set(file.status, undefined);
    });
  }

  /** `.part`; made if there is none yet. */
  get file(): OpenFile {
    return this.#file ?? this.#startClean();
  }

  /** Of `.part`; undefined where there is none, or it is closed. */
  get status(): FileStatus | undefined {
    return this.#ended === 'dropped' ? undefined : this.#file?.status;
  }

  read(offset: number, target: Uint8Array): void {
    this.file.read(offset, target);
  }

  write(offset: number, data: Uint8Array): void {
    this.file.write(offset, data);
    this.#writes += 1;
    this.#checkpoints.wrote(data.length);
  }

  /** Resolves once what is covered now is durable. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.now();
  }

  /** Makes bytes and length durable, for a commit. */
  sync(): void {
    this.#assertDurable();
    const writes = this.#writes;
    try {
      this.file.sync();
    } catch (error) {
      throw this.#markUndurable(error);
    }
    this.#synced = writes;
  }

  /** A checkpoint while the caller waits, or the end of a `.part` that holds nothing. */
  keep(): void {
    const place = this.#place;
    if (this.#file === undefined || this.#ended !== undefined) return;
    place.clear(place.fresh, place.identityTemp);
    const record = this.#record();
    if (isEmpty(record.coverage)) {
      // It was an empty file before it was reactivated, and still is.
      if (this.#takenUp && this.#file.status.size === 0) place.rename(place.part, place.path);
      this.remove();
      return;
    }
    this.#assertDurable();
    if (this.#synced !== this.#writes) this.sync();
    if (!this.#named) place.syncFolder();
    const bytes = encodeRecord(record);
    if (!this.#isStored(bytes)) storeRecord(place, place.coverage, place.coverageTemp, bytes);
    this.#end('kept');
  }

  /** From here on no checkpoint touches anything. Lets go of the file, unless it is `committed` now. */
  end(committed?: OpenFile): void {
    this.#end(committed === undefined ? 'dropped' : 'kept');
    if (this.#file !== committed) this.#file?.close();
  }

  /** Removes it all. */
  remove(): void {
    this.end();
    this.#place.removePartial();
  }

  #end(how: 'kept' | 'dropped'): void {
    this.#ended ??= how;
    this.#checkpoints.stop();
  }

  #startClean(): OpenFile {
    const place = this.#place;
    place.unlink(place.coverage);
    // Also if it was gone already: whoever removed it may not have made that durable.
    place.syncFolder();
    const file = place.create(place.part);
    file.orClose(() => {
      this.#cell.set(file.status, undefined);
    });
    this.#file = file;
    return file;
  }

  async #checkpoint(): Promise<void> {
    const file = this.#file;
    if (file === undefined || this.#isOver()) return;
    this.#assertDurable();
    const writes = this.#writes;
    const bytes = encodeRecord(this.#record());
    if (this.#synced !== writes) {
      await this.#syncLater(file);
      this.#synced = Math.max(this.#synced, writes);
    }
    if (this.#isOver()) return;
    if (!this.#named) {
      await this.#place.syncFolderLater();
      this.#named = true;
    }
    if (this.#isOver() || this.#isStored(bytes)) return;
    const { coverage, coverageTemp } = this.#place;
    await storeRecordLater(this.#place, coverage, coverageTemp, bytes, () => this.#ended === undefined);
    if (!this.#isOver()) this.#stored = digestOf(bytes);
  }

  async #syncLater(file: OpenFile): Promise<void> {
    const { path, part } = this.#place;
    const twin = this.#place.find(part, TO_READ);
    try {
      if (twin === undefined || !isSame(twin.status, file.status)) {
        throw new StorageError(
          'IO',
          `Asked to make ${part} durable, and it was removed or replaced by somebody else.`,
          {
            path,
          },
        );
      }
      try {
        await twin.syncDataLater();
      } catch (error) {
        throw this.#markUndurable(error);
      }
    } finally {
      twin?.close();
    }
  }

  /** Whether somebody else has done what a checkpoint is about; throws `CLOSED` if nobody has, and nobody can any more. */
  #isOver(): boolean {
    if (this.#ended !== 'dropped') return this.#ended === 'kept';
    throw new StorageError(
      'CLOSED',
      'Made a checkpoint of a resource that was closed or discarded before it was done.',
      {
        path: this.#place.path,
      },
    );
  }

  #isStored(bytes: Buffer): boolean {
    return this.#stored?.equals(digestOf(bytes)) === true;
  }

  #assertDurable(): void {
    if (this.#undurable !== undefined) throw this.#undurable;
  }

  #markUndurable(cause: unknown): StorageError {
    const { path, part } = this.#place;
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

function isEmpty(ranges: Iterable<unknown>): boolean {
  for (const _ of ranges) return false;
  return true;
}
