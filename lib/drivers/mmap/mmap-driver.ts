import { checkNoOptions } from '../../errors/check-options.js';
import { StorageError } from '../../errors/storage-error.js';
import type { ContentRecord } from '../../record/content-record.js';
import { registerAttachment } from '../attachments.js';
import type { Driver, DriverCapabilities, DriverDescription, FinalStep, StoredContent } from '../driver.js';
import { attachFile, describeFile, FILE_KIND } from './attachment/file-attachment.js';
import { assertReachable } from './attachment/held-file.js';
import { SharedFileState } from './attachment/shared-file-state.js';
import type { Claim } from './claim/claim.js';
import { canLock } from './claim/locks.js';
import { claimCommitted } from './committed/claim-committed.js';
import { CommittedFile } from './committed/committed-file.js';
import { FinalFile } from './committed/final-file.js';
import type { FileContext } from './file-context.js';
import type { FileStatus } from './files/file-system.js';
import { FileSet } from './files/file-set.js';
import { resolveFileSet } from './files/resolve-file-set.js';
import { type FileInspection, inspectFile } from './inspect-file.js';
import type { BindingName } from './mapping/binding.js';
import { bindingsFor, viewAdvice } from './mapping/bindings.js';
import { lendsFrom } from './mapping/lent-piece.js';
import { openCommitted, openContent } from './open-content.js';
import { checkOptions, type MmapDriverOptions } from './options.js';
import { ActiveFile } from './partial/active-file.js';
import { reopenFile } from './partial/reopen-file.js';
import { removeFile, removeOwn } from './remove-file.js';

/**
 * Keeps bytes in a file, which has its name only once it is complete.
 *
 * Until then the bytes are in `<path>.part`, with a file beside it that says which of them are
 * there. So a partial download survives a crash. One resource writes a path at a time, across
 * threads and processes: a second one gets `CLAIMED`. Committed content is read through memory
 * mappings where that is possible; files are never written through mappings.
 *
 * @example
 * ```ts
 * import { Resource } from 'tidemark';
 * import { MmapDriver } from 'tidemark/node';
 *
 * const driver = new MmapDriver({ path: 'cache/song.flac' });
 * using resource = Resource.open(driver, { expectedLength: 4 });
 * console.log(resource.origin.from); // new, partial or complete
 * if (resource.status.state === 'active') {
 *   resource.writeAt(0, new Uint8Array(4));
 *   resource.commit(); // now cache/song.flac is there
 * }
 * ```
 */
export class MmapDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  /** How committed content is mapped; `off`: by plain reads, and there are no views. */
  readonly mapping: BindingName | 'off';
  readonly #path: string;
  readonly #contextAt: (record: () => ContentRecord) => FileContext;
  #context: FileContext | undefined;
  #content: ActiveFile | CommittedFile | undefined;
  /** Held while the content may be written. */
  #claim: Claim | undefined;
  /** What was committed last, until {@link settle}. */
  #final: FinalFile | undefined;
  /** Closes what a final step has replaced, after it: the last close of a large file takes long. */
  #closeReplaced: (() => void) | undefined;
  /** The partial download that closing has kept. */
  #keptPartial: FileStatus | undefined;

  /** Throws `INVALID_ARGUMENT`, and `UNSUPPORTED` if the named `mapping` does not work here. */
  constructor(options: MmapDriverOptions) {
    const checked = checkOptions(options);
    const { path, mode, mapping, files, owned } = checked;
    const bindings = bindingsFor(mapping, path);
    this.#path = path;
    this.#contextAt = (record) => {
      // Without locks nothing can be written, so no folder is made.
      const fileSet =
        owned === undefined ? resolveFileSet(files, path, mode !== 'read-only' && canLock()) : new FileSet(files, path);
      return {
        fileSet,
        options: checked,
        bindings,
        fileState: new SharedFileState(),
        record,
        isFresh: owned?.isFresh === true,
      };
    };
    this.mapping = bindings[0]?.name ?? 'off';
    this.capabilities = {
      rewrites: true,
      view: bindings.length > 0,
      ...(bindings.length === 0 && { viewAdvice: viewAdvice(mapping) }),
      share: true,
      reactivates: mode === 'read-write',
      get durable() {
        return checked.durable;
      },
      evicts: true,
    };
    if (new.target === MmapDriver) lendsFrom(this, () => CommittedFile.lenderIn(this.#content));
  }

  /**
   * Returns what is at a path, and whether somebody writes it. Changes nothing.
   *
   * Throws `INVALID_ARGUMENT`, `IO`, `UNSUPPORTED`.
   */
  static inspect(path: string): FileInspection;
  static inspect(path: string, options?: unknown): FileInspection {
    checkNoOptions(options);
    return inspectFile(path);
  }

  /**
   * Removes all files of ours at a path: the complete file, a partial download, a replacement, and
   * what belongs to them.
   *
   * Throws `CLAIMED` while somebody writes it, `INVALID_ARGUMENT`, `IO`, `UNSUPPORTED`.
   */
  static remove(path: string): void;
  static remove(path: string, options?: unknown): void {
    checkNoOptions(options);
    removeFile(path);
  }

  /** The path of the file; once open, absolute and without symbolic links. */
  get path(): string {
    return this.#context?.fileSet.path ?? this.#path;
  }

  open(record: () => ContentRecord): StoredContent {
    const { content, claim, found, context } = openContent(this.#contextAt(record));
    this.#context = context;
    this.#content = content;
    this.#claim = claim;
    return found;
  }

  write(offset: number, data: Uint8Array): void {
    this.#active.write(offset, data);
  }

  announce(bytesStillMissing: number): void {
    this.#opened.fileSet.assertFits(bytesStillMissing);
  }

  read(offset: number, target: Uint8Array): void {
    (this.#content ?? this.#misused()).read(offset, target);
  }

  evict(start: number, end: number): void {
    this.#active.evict(start, end);
  }

  commit(length: number): FinalStep {
    return this.#finalStepOf(FinalFile.ofPart(this.#opened, this.#held, this.#active, length));
  }

  replace(data: Uint8Array): FinalStep {
    if (this.#content instanceof CommittedFile) this.#claim = claimCommitted(this.#opened, this.#content);
    try {
      return this.#finalStepOf(FinalFile.of(this.#opened, this.#held, data));
    } catch (error) {
      this.#releaseIfCommitted();
      throw error;
    }
  }

  settle(): void {
    try {
      this.#closeReplaced?.();
      this.#closeReplaced = undefined;
      this.#final?.finish();
    } finally {
      this.#final = undefined;
      this.#release();
    }
  }

  reopen(): void {
    const { options, fileSet } = this.#opened;
    if (options.mode === 'read-only') {
      throw new StorageError('READ_ONLY', `Asked to write ${fileSet.path}, which is open to be read only.`, {
        path: fileSet.path,
      });
    }
    const committed = this.#committed;
    // What was a replacement is the committed file now.
    this.#context = { ...this.#opened, fileSet: fileSet.withSuffix('.part'), isFresh: false };
    const { content, claim } = reopenFile(this.#context, committed);
    this.#claim = claim;
    this.#content = content;
    committed.close();
  }

  view(start: number, end: number): Uint8Array<ArrayBuffer> {
    return this.#committed.view(start, end);
  }

  async checkpoint(): Promise<void> {
    if (this.#content instanceof ActiveFile) await this.#content.checkpoint();
  }

  describe(): DriverDescription {
    const { fileSet, fileState, options } = this.#opened;
    if (this.#content instanceof CommittedFile) assertReachable(fileSet, fileState, this.#content.file);
    return describeFile({ path: fileSet.path, fileState: fileState.buffer, mapping: options.mapping });
  }

  remove(committed: boolean): void {
    const { fileSet, options } = this.#opened;
    if (committed && options.mode === 'read-only') {
      throw new StorageError('READ_ONLY', `Asked to remove ${fileSet.path}, which was opened to be read only.`, {
        path: fileSet.path,
      });
    }
    if (this.#content instanceof ActiveFile) {
      this.#content.remove();
      return;
    }
    if (!(this.#content instanceof CommittedFile)) removeOwn(this.#opened, fileSet.part, this.#keptPartial);
    else if (committed) removeOwn(this.#opened, fileSet.path, this.#content.file.status);
  }

  close(keep: boolean): void {
    const content = this.#content;
    try {
      if (keep && content instanceof ActiveFile) {
        content.keep();
        this.#keptPartial = content.status;
      }
    } finally {
      this.#content = undefined;
      this.#context?.fileState.forgetDescriptor();
      if (content instanceof ActiveFile) content.end();
      else content?.close();
      this.#release();
    }
  }

  get #opened(): FileContext {
    return this.#context ?? this.#misused();
  }

  get #held(): Claim {
    return this.#claim ?? this.#misused();
  }

  get #active(): ActiveFile {
    return this.#content instanceof ActiveFile ? this.#content : this.#misused();
  }

  get #committed(): CommittedFile {
    return this.#content instanceof CommittedFile ? this.#content : this.#misused();
  }

  /** Throws: something other than a resource has called a member in the wrong state. */
  #misused(): never {
    throw new StorageError('CLOSED', `The driver of ${this.#path} is not open, or its content is in another state.`, {
      path: this.#path,
    });
  }

  #finalStepOf(final: FinalFile): FinalStep {
    const before = this.#content;
    const ahead = (alive: () => void): void => {
      const mustClose = process.platform === 'win32' && before instanceof CommittedFile;
      // Windows cannot replace an open file.
      if (mustClose) before.close();
      try {
        final.rename(alive);
      } catch (error) {
        if (mustClose) this.#content = openCommitted(this.#opened)?.content;
        this.#releaseIfCommitted();
        throw error;
      }
    };
    const step: FinalStep = (alive) => {
      // Does nothing if it was called before. A driver that wraps this one may not know of it.
      ahead(alive);
      const committed = final.publish();
      this.#content = committed;
      this.#final = final;
      this.#closeReplaced = () => {
        if (before instanceof ActiveFile) before.end(committed.file);
        else before?.close();
      };
    };
    return Object.assign(step, {
      ahead: () => {
        ahead(() => undefined);
      },
    });
  }

  /** Releases the claim after a failed replacement of committed content, which stays committed. */
  #releaseIfCommitted(): void {
    if (this.#content instanceof CommittedFile) this.#release();
  }

  #release(): void {
    this.#claim?.release();
    this.#claim = undefined;
  }
}

registerAttachment(FILE_KIND, attachFile);
