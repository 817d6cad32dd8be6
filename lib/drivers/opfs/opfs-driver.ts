import { checkNoOptions } from '../../errors/check-options.js';
import { wrongType } from '../../errors/invalid-argument.js';
import { StorageError } from '../../errors/storage-error.js';
import type { ContentRecord } from '../../record/content-record.js';
import { abortedError } from '../../waits/abort.js';
import type { ColdBytes } from '../../cold/cold-bytes.js';
import { registerAttachment } from '../attachments.js';
import { Checkpoints } from '../checkpoints.js';
import type { Driver, DriverCapabilities, DriverDescription, FinalStep, StoredContent } from '../driver.js';
import { CachedContent, OPFS_CAPABILITIES } from './cached-content.js';
import { type Claim, isClaimed, takeClaim } from './claim.js';
import { GEOMETRY } from './geometry.js';
import { inspectContent, type OpfsInspection } from './inspect-content.js';
import { attemptLater } from './io-error.js';
import { type ContentPlace, notFoundError, openContent, type OpenedContent } from './open-content.js';
import { attachOpfs, OPFS_KIND } from './opfs-attachment.js';
import { OpfsContent } from './opfs-content.js';
import { assertHandles, assertStorage, checkPath, OpfsFolder } from './opfs-folder.js';
import { type CheckedOptions, checkOptions, type OpfsDriverOptions } from './options.js';
import { removeAll, removeKept } from './remove-content.js';

/**
 * Keeps bytes in the browser's origin private file system, where they survive a reload and the end
 * of the browser.
 *
 * A path is open once at a time, across tabs: a second one gets `CLAIMED`. `openOpfs` opens a
 * resource over it; {@link OpfsDriver.prepare} is for who wraps the driver. In other threads, which
 * import `tidemark/browser`, too, its bytes are cold but for those in a shared cache.
 *
 * @example
 * ```ts
 * import { openOpfs, OpfsDriver } from 'tidemark/browser';
 *
 * // in a dedicated worker
 * const resource = await openOpfs({ path: 'songs/7', expectedLength: 4 });
 * console.log(resource.origin.from); // new, partial or complete
 * resource.close();
 * console.log(await OpfsDriver.inspect('songs/7'));
 * ```
 */
export class OpfsDriver implements Driver {
  readonly capabilities: DriverCapabilities = OPFS_CAPABILITIES;
  /** Gives other threads what they ask for. */
  readonly cold: ColdBytes;
  /** As it was asked for. */
  readonly path: string;
  readonly #place: ContentPlace;
  readonly #claim: Claim;
  readonly #content: OpfsContent;
  readonly #found: StoredContent;
  readonly #mode: CheckedOptions['mode'];
  readonly #checkpoints: Checkpoints;
  readonly #cached: CachedContent;
  /** `dropped`: also if bytes were lost that waited for a file. */
  #closed: 'kept' | 'dropped' | undefined;
  /** Nothing of it is to be left. */
  #isRemoved = false;
  /** The record that closing has left. */
  #kept: Uint8Array | undefined;

  private constructor(place: ContentPlace, claim: Claim, opened: OpenedContent, options: CheckedOptions) {
    if (!((opened as Partial<OpenedContent> | undefined)?.content instanceof OpfsContent)) {
      throw wrongType('the argument', 'made by OpfsDriver.prepare(options)', place);
    }
    const { content, found } = opened;
    this.path = place.path;
    this.#place = place;
    this.#claim = claim;
    this.#content = content;
    this.#found = found;
    this.#mode = options.mode;
    this.#checkpoints = new Checkpoints(options.checkpoint, () => this.#checkpoint());
    this.#cached = new CachedContent(() => content, options.cacheBytes, this.#checkpoints);
    this.cold = this.#cached.cold;
  }

  /**
   * Claims a path and opens its files, for `Resource.open`; close the driver if that throws.
   *
   * Rejects with `INVALID_ARGUMENT`, `CLAIMED`, `NOT_FOUND` in mode `read-only`, `CANCELLED`,
   * `NO_SPACE`, `IO`, and `UNSUPPORTED` outside of a dedicated worker.
   */
  static async prepare(options: OpfsDriverOptions): Promise<OpfsDriver> {
    const checked = checkOptions(options);
    const { path, mode, signal, wait } = checked;
    assertHandles();
    if (signal?.aborted === true) throw abortedError(`Opened ${path}`, signal);
    const toRead = mode === 'read-only';
    const claim = await takeClaim(path, { mode: toRead ? 'shared' : 'exclusive', wait, signal });
    try {
      const folder = await OpfsFolder.at(path, toRead ? 'read' : 'write');
      if (folder === undefined) throw notFoundError(path);
      return await OpfsDriver.over({ path, folder, geometry: GEOMETRY }, claim, checked);
    } catch (error) {
      claim.release();
      throw error;
    }
  }

  /** @internal Opens the files of a claimed path. */
  static async over(place: ContentPlace, claim: Claim, options: CheckedOptions): Promise<OpfsDriver> {
    const opened = await openContent(place, options.mode === 'read-only');
    return new OpfsDriver(place, claim, opened, options);
  }

  /**
   * Resolves with what is at a path, and whether somebody has it open. Changes nothing. In any
   * thread.
   *
   * Rejects with `INVALID_ARGUMENT`, `IO`, `UNSUPPORTED`.
   */
  static inspect(path: string): Promise<OpfsInspection>;
  static async inspect(path: string, options?: unknown): Promise<OpfsInspection> {
    checkNoOptions(options);
    checkPath(path);
    assertStorage();
    const claimed = await isClaimed(path);
    const folder = await OpfsFolder.at(path, 'read');
    return attemptLater(`inspect ${path}`, path, () => inspectContent(folder, GEOMETRY, claimed));
  }

  /**
   * Removes all that is kept at a path. In any thread.
   *
   * Rejects with `CLAIMED` while somebody has it open, `INVALID_ARGUMENT`, `IO`, `UNSUPPORTED`.
   */
  static remove(path: string): Promise<void>;
  static async remove(path: string, options?: unknown): Promise<void> {
    checkNoOptions(options);
    checkPath(path);
    assertStorage();
    const claim = await takeClaim(path, { mode: 'exclusive', wait: false, signal: undefined });
    const removed = attemptLater(`remove ${path}`, path, async () => {
      const folder = await OpfsFolder.at(path, 'read');
      if (folder !== undefined) await removeAll(folder, GEOMETRY);
    });
    claim.release(removed);
    await removed;
  }

  /** How many bytes its chunk files take of the quota. */
  get bytesOnDisk(): number {
    return this.#content.charged;
  }

  open(record: () => ContentRecord): StoredContent {
    this.#content.record = record;
    return this.#found;
  }

  write(offset: number, data: Uint8Array): void {
    this.#cached.write(offset, data);
  }

  read(offset: number, target: Uint8Array): void {
    this.#content.read(offset, target);
  }

  evict(start: number, end: number): void {
    this.#cached.evict(start, end);
  }

  commit(length: number): FinalStep {
    return this.#content.commit(length);
  }

  replace(data: Uint8Array): FinalStep {
    return this.#cached.replaced(this.#content.replace(data));
  }

  settle(): void {
    this.#content.settle();
  }

  reopen(): void {
    this.#assertWritable('write');
    this.#content.reopen();
  }

  async checkpoint(): Promise<void> {
    await this.#checkpoints.now();
  }

  /** The memory of the cache; undefined where none can be shared. */
  describe(): DriverDescription {
    return this.#cached.describe();
  }

  remove(committed: boolean): void {
    const content = this.#content;
    if (this.#closed !== undefined) {
      if (this.#kept === undefined || (content.isCommitted && !committed)) return;
      const { path, folder, geometry } = this.#place;
      // Who uses the path by now keeps it.
      void removeKept(path, folder, geometry, this.#kept).catch(() => undefined);
      return;
    }
    if (content.isCommitted) {
      if (!committed) return;
      this.#assertWritable('remove');
    }
    this.#isRemoved = true;
    content.clear();
  }

  close(keep: boolean): void {
    if (this.#closed !== undefined) return;
    const content = this.#content;
    this.#closed = keep ? 'kept' : 'dropped';
    this.#checkpoints.stop();
    let isEmpty = this.#isRemoved;
    try {
      if (keep) isEmpty = !content.keep();
      // A file that was removed may be there again after power loss: with nothing in it.
      if (keep && isEmpty) content.clear();
      if (content.hasWaiting) this.#closed = 'dropped';
      this.#kept = content.stored;
    } finally {
      content.close();
      this.#claim.release(this.#end(isEmpty));
    }
  }

  /** What is left to do once all files are closed, before somebody else may open them. */
  async #end(isEmpty: boolean): Promise<void> {
    await this.#content.settled();
    if (isEmpty) await removeAll(this.#place.folder, this.#place.geometry);
  }

  async #checkpoint(): Promise<void> {
    const content = this.#content;
    const isOver = (): boolean => content.isCommitted || this.#closed !== undefined;
    if (!isOver()) await content.checkpoint(isOver);
    if (this.#closed !== 'dropped' || content.isCommitted) return;
    throw new StorageError(
      'CLOSED',
      'Made a checkpoint of a resource that was closed or discarded before it was done.',
      { path: this.path },
    );
  }

  #assertWritable(asked: string): void {
    if (this.#mode === 'auto') return;
    throw new StorageError('READ_ONLY', `Asked to ${asked} ${this.path}, which was opened to be read only.`, {
      path: this.path,
    });
  }
}

registerAttachment(OPFS_KIND, attachOpfs);
