import { StorageError } from '../../errors/storage-error.js';
import { registerAttachment } from '../attachments.js';
import type {
  ContentRecord,
  Driver,
  DriverCapabilities,
  DriverDescription,
  FinalStep,
  StoredContent,
} from '../driver.js';
import { ActiveFile } from './active-file.js';
import { Claim } from './claim.js';
import { CommittedFile } from './committed-file.js';
import { attachFile, describeFile, FILE_KIND } from './file-attachment.js';
import { FileCell } from './file-cell.js';
import { claimCommitted, type FileContext, openContent } from './file-context.js';
import { type FileStatus, isSame } from './file-system.js';
import { FinalFile } from './final-file.js';
import { forgetIdentity } from './identity-file.js';
import { type FileInspection, inspectFile } from './inspect-file.js';
import type { BindingName } from './mapping/binding.js';
import { bindingsFor } from './mapping/bindings.js';
import { checkOptions, type MmapDriverOptions } from './options.js';
import { resolvePlace } from './place.js';
import { removeFile } from './remove-file.js';
import { reopenFile } from './reopen-file.js';

/**
 * Keeps bytes in a file, which has its name only once it is complete.
 *
 * Until then they are in `<path>.part`, and what is known of them beside it, so that a partial download survives a crash. One resource
 * writes a path at a time, across threads and processes: a second one gets `CLAIMED`. Committed content is read through memory mappings
 * where that is possible; files are never written through one.
 *
 * @example
 * ```ts
 * import { Resource } from 'tidemark';
 * import { MmapDriver } from 'tidemark/node';
 *
 * using resource = Resource.open(new MmapDriver({ path: 'cache/song.flac' }), { expectedLength: 4 });
 * console.log(resource.origin.from); // new, partial or complete
 * if (resource.status.state === 'active') {
 *   resource.writeAt(0, new Uint8Array(4));
 *   resource.commit(); // now cache/song.flac is there
 * }
 * ```
 */
export class MmapDriver implements Driver {
  readonly capabilities: DriverCapabilities;
  /** How committed content is mapped; `off`: it is read by plain reads, and there are no views. */
  readonly mapping: BindingName | 'off';
  readonly #path: string;
  readonly #contextAt: (record: () => ContentRecord) => FileContext;
  #context: FileContext | undefined;
  #content: ActiveFile | CommittedFile | undefined;
  /** Held as long as the content may be written. */
  #claim: Claim | undefined;
  /** The partial download that closing has kept. */
  #left: FileStatus | undefined;

  /** Throws `INVALID_ARGUMENT`, and `UNSUPPORTED` if the `mapping` that is asked for by name does not work here. */
  constructor(options: MmapDriverOptions) {
    const checked = checkOptions(options);
    const { path, mode, mapping, files } = checked;
    const bindings = bindingsFor(mapping, path);
    this.#path = path;
    this.#contextAt = (record) => {
      const place = resolvePlace(files, path, mode !== 'read-only');
      return { place, options: checked, bindings, cell: new FileCell(), record };
    };
    this.mapping = bindings[0]?.name ?? 'off';
    this.capabilities = {
      rewrites: true,
      view: bindings.length > 0,
      share: true,
      reactivates: mode === 'read-write',
    };
  }

  /**
   * Tells what lies at a path, and whether somebody writes it; changes nothing.
   *
   * Throws `INVALID_ARGUMENT`, `IO`, `UNSUPPORTED`.
   */
  static inspect(path: string): FileInspection {
    return inspectFile(path);
  }

  /**
   * Removes everything of ours at a path: the complete file, a partial download, and what belongs to them.
   *
   * Throws `CLAIMED` while somebody writes it, `INVALID_ARGUMENT`, `IO`, `UNSUPPORTED`.
   */
  static remove(path: string): void {
    removeFile(path);
  }

  /** The file; once open, absolute and without symbolic links. */
  get path(): string {
    return this.#context?.place.path ?? this.#path;
  }

  open(record: () => ContentRecord): StoredContent {
    const context = this.#contextAt(record);
    const { content, claim, found } = openContent(context);
    this.#context = context;
    this.#content = content;
    this.#claim = claim;
    return found;
  }

  write(offset: number, data: Uint8Array): void {
    this.#active.write(offset, data);
  }

  read(offset: number, target: Uint8Array): void {
    (this.#content ?? this.#misused()).read(offset, target);
  }

  commit(length: number): FinalStep {
    return this.#stepOf(FinalFile.ofPart(this.#opened, this.#active, length));
  }

  replace(data: Uint8Array): FinalStep {
    if (this.#content instanceof CommittedFile) this.#claim = claimCommitted(this.#opened, this.#content);
    try {
      return this.#stepOf(FinalFile.of(this.#opened, data));
    } catch (error) {
      this.#releaseIfCommitted();
      throw error;
    }
  }

  settle(): void {
    const { place, options } = this.#opened;
    try {
      if (options.durable) place.syncFolder();
      // Not before: should the rename be lost in a crash, then these are what is left.
      place.clear(place.coverage, place.part, place.coverageTemp, place.fresh, place.identityTemp);
    } finally {
      this.#release();
    }
  }

  reopen(): void {
    const { options, place } = this.#opened;
    if (options.mode === 'read-only') {
      throw new StorageError('READ_ONLY', `Asked to write ${place.path}, which is open to be read only.`, {
        path: place.path,
      });
    }
    const committed = this.#committed;
    const { content, claim } = reopenFile(this.#opened, committed);
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
    const { place, cell, options } = this.#opened;
    return describeFile({ path: place.path, cell: cell.buffer, mapping: options.mapping });
  }

  remove(committed: boolean): void {
    const { place, options } = this.#opened;
    if (committed && options.mode === 'read-only') {
      throw new StorageError('READ_ONLY', `Asked to remove ${place.path}, which was opened to be read only.`, {
        path: place.path,
      });
    }
    if (this.#content instanceof ActiveFile) {
      this.#content.remove();
      return;
    }
    const own = this.#content instanceof CommittedFile ? this.#content.file.status : this.#left;
    const name = this.#content instanceof CommittedFile ? place.path : place.part;
    if (own === undefined || (name === place.path && !committed)) return;
    const claim = Claim.take(place);
    try {
      // What somebody else has put there since is not this one's to remove.
      const named = place.status(name);
      if (named === undefined || !isSame(named, own)) return;
      if (name === place.part) place.removePartial();
      else {
        place.unlink(place.path);
        forgetIdentity(place);
      }
    } finally {
      claim.release();
    }
  }

  close(keep: boolean): void {
    const content = this.#content;
    try {
      if (keep && content instanceof ActiveFile) {
        content.keep();
        this.#left = content.status;
      }
    } finally {
      this.#content = undefined;
      if (content instanceof ActiveFile) content.end();
      else content?.close();
      this.#release();
    }
  }

  get #opened(): FileContext {
    return this.#context ?? this.#misused();
  }

  get #active(): ActiveFile {
    return this.#content instanceof ActiveFile ? this.#content : this.#misused();
  }

  get #committed(): CommittedFile {
    return this.#content instanceof CommittedFile ? this.#content : this.#misused();
  }

  /** Somebody other than a resource has called a member when it does not apply. */
  #misused(): never {
    throw new StorageError('CLOSED', `The driver of ${this.#path} is not open, or its content is in another state.`, {
      path: this.#path,
    });
  }

  #stepOf(final: FinalFile): FinalStep {
    return () => {
      let committed: CommittedFile;
      try {
        committed = final.finish();
      } catch (error) {
        this.#releaseIfCommitted();
        throw error;
      }
      const before = this.#content;
      this.#content = committed;
      if (before instanceof ActiveFile) before.end(committed.file);
      else before?.close();
    };
  }

  /** Committed content that was to be replaced stays as it is, and is nobody's to write. */
  #releaseIfCommitted(): void {
    if (this.#content instanceof CommittedFile) this.#release();
  }

  #release(): void {
    this.#claim?.release();
    this.#claim = undefined;
  }
}

registerAttachment(FILE_KIND, attachFile);
