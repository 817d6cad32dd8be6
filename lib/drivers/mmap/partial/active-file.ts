import { StorageError } from '../../../errors/storage-error.js';
import type { ByteRange } from '../../../range/byte-range.js';
import { subtractRanges } from '../../../range/subtract-ranges.js';
import type { ContentRecord } from '../../../record/content-record.js';
import { Checkpoints } from '../../checkpoints.js';
import type { Claim } from '../claim/claim.js';
import type { FileContext } from '../file-context.js';
import type { FileSet } from '../files/file-set.js';
import { type FileStatus, isSameFile } from '../files/file-system.js';
import { keepReplacedMode } from '../files/keep-mode.js';
import type { OpenFile } from '../files/open-file.js';
import { CoverageFile, type FoundCoverage } from './coverage-file.js';
import { DurableBytes, partReplacedError } from './durable-bytes.js';
import { Holes } from './holes.js';

/** How often a coverage file is written without blocking, while evictions come between. */
const MOST_TRIES = 3;

/**
 * `<path>.part` and its coverage file, from the first write to the commit; `<path>.next` of a
 * replacement. Only the holder of the claim has one.
 *
 * **Why what the coverage file lists is there,** after `kill -9` and after power loss. A checkpoint
 *
 * 1. takes a snapshot of the coverage, whose bytes have been handed to the system;
 * 2. makes the bytes of `.part` durable (`fdatasync`, which covers its length), and once, before
 *    the first coverage file about it, its name (`fsync` of the folder);
 * 3. writes the next coverage file under another name, makes it durable, renames it, and makes the
 *    folder durable.
 *
 * A crash before the rename leaves the older coverage file, which lists less; bytes written since
 * are overwritten later. Bytes that are written again during a checkpoint are there in one version
 * or the other.
 *
 * **Why no coverage file is about the bytes of another `.part`.** Before a new `.part` is made, an
 * old coverage file is removed, and the removal made durable. With `durable: false` there is no
 * `fsync` if there was nothing to remove.
 *
 * **What evictions change.** A coverage file must not list bytes that are given back to the file
 * system afterwards. So in step 3 it lists what is still covered, and is renamed only if nothing
 * was evicted since; else it is written once more. Where evictions never pause, the last try blocks
 * the thread, so that none comes between. Once the name is durable, holes are punched (`holes.ts`).
 *
 * **Why it touches no files of another resource.** Somebody may remove or rename the folder, and
 * the path may then belong to another resource. So right before anything is done by name, the claim
 * is checked, and `.part` is compared with the open file.
 */
export class ActiveFile {
  readonly #context: FileContext;
  readonly #fileSet: FileSet;
  readonly #claim: Claim;
  readonly #checkpoints: Checkpoints;
  readonly #bytes: DurableBytes;
  readonly #coverageFile: CoverageFile;
  readonly #holes: Holes;
  #file: OpenFile | undefined;
  /** `kept`: all is durable or committed; `dropped`: only what checkpoints have kept is. */
  #ended: 'kept' | 'dropped' | undefined;
  /** Evictions so far. */
  #evictions = 0;
  /** True if the name `.part` is durable. */
  #named: boolean;
  /** True if `.part` was there before, with a coverage file. */
  readonly #takenUp: boolean;

  /**
   * @param file - `.part` if there is one to go on with, closed if this throws; else `.part` is
   * made at the first write
   * @param found - its coverage file
   */
  constructor(context: FileContext, claim: Claim, file?: OpenFile, found?: FoundCoverage) {
    const { fileSet, options } = context;
    this.#context = context;
    this.#fileSet = fileSet;
    this.#claim = claim;
    this.#checkpoints = new Checkpoints(options.checkpoint, (asked) => this.#checkpoint(asked));
    this.#bytes = new DurableBytes(fileSet);
    this.#coverageFile = new CoverageFile(fileSet, found);
    this.#holes = new Holes(fileSet, {
      covered: () => context.record().coverage,
      writes: () => this.#bytes.writes,
      mayPunch: () => this.#ended === undefined && this.#isOurs(),
    });
    this.#file = file;
    this.#takenUp = found !== undefined;
    this.#named = file !== undefined;
    file?.orClose(() => {
      const { status } = file;
      context.fileState.set(status, undefined);
      if (found?.neverCommitted === true) this.#holes.found(status, found);
    });
  }

  /** Returns `.part`; makes it if there is none yet. */
  get file(): OpenFile {
    return this.#file ?? this.#startClean();
  }

  /** The status of `.part`; undefined if there is none, or it is closed. */
  get status(): FileStatus | undefined {
    return this.#ended === 'dropped' ? undefined : this.#file?.status;
  }

  read(offset: number, target: Uint8Array): void {
    this.file.read(offset, target);
  }

  write(offset: number, data: Uint8Array): void {
    this.file.write(offset, data);
    this.#bytes.wrote();
    this.#checkpoints.wrote(data.length);
  }

  /** Remembers that the bytes of `[start, end)` are not covered any more. */
  evict(start: number, end: number): void {
    this.#evictions += 1;
    const leavesHoles = this.#coverageFile.neverCommitted && this.#holes.isPossible;
    if (leavesHoles) this.#holes.evicted(start, end);
    // What a file on disk lists is not to be found again, whoever wants no checkpoints.
    if (leavesHoles || this.#coverageFile.mayExist) this.#checkpoints.evicted(end - start);
    else this.#checkpoints.wrote(end - start);
  }

  /** Resolves once what is covered now is durable. */
  checkpoint(): Promise<void> {
    return this.#checkpoints.now();
  }

  /** Makes bytes and length durable before a commit. */
  sync(): void {
    this.#bytes.sync(this.file);
  }

  /** Makes a checkpoint, blocking the thread; removes a `.part` that holds nothing. */
  keep(): void {
    const fileSet = this.#fileSet;
    if (this.#file === undefined || this.#ended !== undefined) return;
    this.#claim.removeLeftovers(fileSet.partNew, fileSet.identityTemp);
    const record = this.#context.record();
    if (isEmpty(record.coverage)) {
      // It was an empty committed file before it was reactivated, and is to be one again.
      if (this.#takenUp && this.#file.status.size === 0 && this.#isOurs()) fileSet.rename(fileSet.part, fileSet.path);
      this.remove();
      return;
    }
    this.#bytes.assertDurable();
    if (!this.#bytes.isSynced) this.sync();
    if (!this.#named) fileSet.syncFolder();
    this.#holes.unlist();
    const bytes = this.#coverageFile.encode(record);
    if (!this.#isUpToDate(bytes)) {
      this.#assertOurs();
      this.#coverageFile.store(bytes);
    }
    if (this.#coverageFile.isDurable) this.#holes.giveBackAtClose(this.#file, record.coverage);
    this.#end('kept');
  }

  /**
   * Ends all checkpoints: none touches anything from here on. Closes the file, unless it is the
   * `committed` one.
   */
  end(committed?: OpenFile): void {
    this.#end(committed === undefined ? 'dropped' : 'kept');
    if (this.#file !== committed) this.#file?.close();
  }

  /** Removes the partial download, but no files of another resource that has the path by now. */
  remove(): void {
    this.end();
    if (this.#claim.isHeld) this.#fileSet.removePartial();
  }

  #end(how: 'kept' | 'dropped'): void {
    this.#ended ??= how;
    this.#checkpoints.stop();
  }

  /** True if nothing but `.part` itself was ever made here: there is nothing to be removed. */
  get leavesNothing(): boolean {
    return this.#context.isFresh && !this.#coverageFile.mayExist;
  }

  #startClean(): OpenFile {
    const fileSet = this.#fileSet;
    this.#claim.assertHeld(`write ${fileSet.part}`);
    if (this.#context.isFresh) return this.#started(fileSet.createFirst(fileSet.part));
    // Also if there is none: its removal may not have been made durable.
    const synced = this.#context.options.durable || fileSet.status(fileSet.coverage) !== undefined;
    fileSet.unlink(fileSet.coverage);
    if (synced) fileSet.syncFolder();
    return this.#started(fileSet.create(fileSet.part));
  }

  #started(file: OpenFile): OpenFile {
    file.orClose(() => {
      // A replacement of a private file is no less private.
      keepReplacedMode(this.#fileSet, file, false);
      this.#context.fileState.set(file.status, undefined);
    });
    this.#file = file;
    return file;
  }

  async #checkpoint(asked: boolean): Promise<void> {
    const file = this.#file;
    if (file === undefined || this.#isOver()) return;
    // Nobody wants a coverage file, and none on disk lists what was evicted.
    const onlyHoles = !asked && this.#context.options.checkpoint === undefined && !this.#coverageFile.mayExist;
    if (onlyHoles) {
      this.#holes.unlist();
      await this.#holes.giveBack(file, []);
      return;
    }
    const record = this.#context.record();
    const evictions = this.#evictions;
    await this.#bytes.syncLater(file);
    if (this.#isOver()) return;
    if (!this.#named) {
      await this.#fileSet.syncFolderLater();
      this.#named = true;
    }
    const listed = await this.#store(record, evictions);
    if (listed === undefined) return;
    if (this.#coverageFile.isDurable) await this.#holes.giveBack(file, listed);
    if (this.#coverageFile.isRefused) this.#holes.giveUp();
  }

  /**
   * Stores a record, all of whose bytes are durable, without what was evicted since `evictions`
   * were counted. Returns what it lists; undefined if it is over.
   */
  async #store(record: ContentRecord, evictions: number): Promise<Iterable<ByteRange> | undefined> {
    for (let tries = 1; ; tries += 1) {
      if (this.#isOver()) return undefined;
      const before = this.#evictions;
      const coverage =
        before === evictions ? record.coverage : inBoth(record.coverage, this.#context.record().coverage);
      this.#holes.unlist();
      const bytes = this.#coverageFile.encode({ ...record, coverage });
      if (this.#isUpToDate(bytes)) return coverage;
      this.#assertOurs();
      if (tries === MOST_TRIES) {
        this.#coverageFile.store(bytes);
        return coverage;
      }
      const wanted = (): boolean => this.#ended === undefined && this.#isOurs() && this.#evictions === before;
      const isStored = await this.#coverageFile.storeLater(bytes, wanted);
      if (this.#isOver()) return undefined;
      this.#assertOurs();
      if (isStored) return coverage;
    }
  }

  /** True if nothing has to be stored: neither for coverage nor before holes are punched. */
  #isUpToDate(bytes: Uint8Array): boolean {
    return this.#coverageFile.isStored(bytes) && (this.#coverageFile.isDurable || !this.#holes.isPending);
  }

  /** True if `.part` is still this file, and the claim is held. */
  #isOurs(): boolean {
    const named = this.#fileSet.status(this.#fileSet.part);
    return (
      this.#claim.isHeld && named !== undefined && this.#file !== undefined && isSameFile(named, this.#file.status)
    );
  }

  #assertOurs(): void {
    this.#claim.assertHeld(`make a checkpoint of ${this.#fileSet.part}`);
    if (!this.#isOurs()) throw partReplacedError(this.#fileSet);
  }

  /**
   * True if the bytes were made durable or committed otherwise, so that the checkpoint is done.
   * Throws `CLOSED` if they were not, and the file is closed.
   */
  #isOver(): boolean {
    if (this.#ended !== 'dropped') return this.#ended === 'kept';
    throw new StorageError(
      'CLOSED',
      'Made a checkpoint of a resource that was closed or discarded before it was done.',
      {
        path: this.#fileSet.path,
      },
    );
  }
}

/** What lies in both. */
function inBoth(ranges: Iterable<ByteRange>, others: Iterable<ByteRange>): ByteRange[] {
  return subtractRanges(ranges, subtractRanges(ranges, others));
}

function isEmpty(ranges: Iterable<unknown>): boolean {
  for (const _ of ranges) return false;
  return true;
}
