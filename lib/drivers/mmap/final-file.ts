import { StorageError } from '../../errors/storage-error.js';
import type { ActiveFile } from './active-file.js';
import { CommittedFile } from './committed-file.js';
import type { FileContext } from './file-context.js';
import { type FileStatus, isSame } from './file-system.js';
import { forgetIdentity, prepareIdentity } from './identity-file.js';
import type { OpenFile } from './open-file.js';

/** What is copied in one piece, in bytes. */
const PIECE = 2 ** 20;

/**
 * A file that is ready to get the name `<path>`: its bytes are durable, and only a rename is missing.
 *
 * No file that ever had that name is made shorter, since a reader in another process that has mapped it would end by SIGBUS; and none
 * that has not, since its bytes would be lost if the commit failed. What is too long is copied.
 */
export class FinalFile {
  readonly #context: FileContext;
  readonly #file: OpenFile;
  readonly #name: string;
  readonly #status: FileStatus;
  readonly #hasIdentity: boolean;

  private constructor(context: FileContext, file: OpenFile, name: string) {
    const { place, options } = context;
    this.#context = context;
    this.#file = file;
    this.#name = name;
    this.#status = file.status;
    const { identity } = context.record();
    this.#hasIdentity = options.keepIdentity && identity !== undefined;
    if (this.#hasIdentity) prepareIdentity(place, identity ?? '', this.#status);
  }

  /** The first `length` bytes of `.part`. */
  static ofPart(context: FileContext, active: ActiveFile, length: number): FinalFile {
    const { file } = active;
    if (context.options.durable) active.sync();
    if (file.status.size === length) return new FinalFile(context, file, context.place.part);
    return FinalFile.#fresh(context, (fresh) => {
      copy(file, fresh, length);
    });
  }

  /** `data` instead of whatever there is. */
  static of(context: FileContext, data: Uint8Array): FinalFile {
    return FinalFile.#fresh(context, (fresh) => {
      fresh.write(0, data);
    });
  }

  static #fresh(context: FileContext, fill: (file: OpenFile) => void): FinalFile {
    const { place, options } = context;
    const file = place.create(place.fresh);
    try {
      return file.orClose(() => {
        // As whoever overwrites a file would leave them.
        const replaced = place.status(place.path) ?? place.status(place.part);
        if (replaced?.isFile === true) file.changeMode(replaced.mode);
        fill(file);
        if (options.durable) file.sync();
        return new FinalFile(context, file, place.fresh);
      });
    } catch (error) {
      place.clear(place.fresh);
      throw error;
    }
  }

  /** Gives it the name. If that fails, what was there before is as it was. */
  finish(): CommittedFile {
    const { place, cell, bindings } = this.#context;
    const { size } = this.#status;
    try {
      this.#assertNamed();
      place.rename(this.#name, place.path);
    } catch (error) {
      if (this.#name === place.fresh) {
        this.#file.close();
        place.clear(place.fresh);
      }
      throw error;
    }
    // It is committed: nothing that fails from here on can change that.
    cell.set(this.#status, size);
    try {
      if (this.#hasIdentity) place.rename(place.identityTemp, place.identity);
      else forgetIdentity(place);
    } catch {
      // Content without an identity is content all the same.
    }
    return new CommittedFile(this.#file, size, bindings, place.path);
  }

  /** What is renamed has to be the file that was written, not something that was put in its place. */
  #assertNamed(): void {
    const { place } = this.#context;
    const named = place.status(this.#name);
    if (named !== undefined && isSame(named, this.#status)) return;
    throw new StorageError(
      'IO',
      `Asked to commit ${place.path}, and ${this.#name} ${named === undefined ? 'was removed' : 'is another file now'}. ` +
        'Its bytes can still be read; write them into another resource.',
      { path: place.path },
    );
  }
}

function copy(from: OpenFile, to: OpenFile, length: number): void {
  const piece = new Uint8Array(Math.min(PIECE, length));
  for (let at = 0; at < length; at += piece.length) {
    const part = piece.subarray(0, Math.min(piece.length, length - at));
    from.read(at, part);
    to.write(at, part);
  }
}
