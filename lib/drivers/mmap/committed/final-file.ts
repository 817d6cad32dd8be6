import { StorageError } from '../../../errors/storage-error.js';
import type { Claim } from '../claim/claim.js';
import type { FileContext } from '../file-context.js';
import { type FileStatus, isSameFile } from '../files/file-system.js';
import { keepMode, keepReplacedMode } from '../files/keep-mode.js';
import type { OpenFile } from '../files/open-file.js';
import type { ActiveFile } from '../partial/active-file.js';
import { CommittedFile } from './committed-file.js';
import { removeIdentity, PreparedIdentity } from './identity-file.js';

/** How much is copied at once, in bytes. */
const PIECE = 2 ** 20;

/**
 * A file that is ready to get the name `<path>`: its bytes are durable (unless `durable` is false),
 * and only the rename is missing.
 *
 * No file is made shorter; what is too long is copied. A file that ever had the name `<path>` may
 * be mapped in another process, which would end by SIGBUS. Of any other file the bytes would be
 * lost if the commit failed.
 */
export class FinalFile {
  readonly #context: FileContext;
  readonly #claim: Claim;
  readonly #file: OpenFile;
  readonly #name: string;
  readonly #status: FileStatus;
  readonly #identity: PreparedIdentity | undefined;
  /** Nothing of an earlier content, or of this one before, can be at the path. */
  readonly #isFirst: boolean;
  #named = false;

  private constructor(context: FileContext, claim: Claim, file: OpenFile, name: string, isFirst = false) {
    const { fileSet, options } = context;
    this.#context = context;
    this.#claim = claim;
    this.#file = file;
    this.#name = name;
    this.#status = file.status;
    this.#isFirst = isFirst;
    const { identity } = context.record();
    if (!options.keepIdentity || identity === undefined) return;
    claim.assertHeld(`commit ${fileSet.path}`);
    this.#identity = new PreparedIdentity(fileSet, identity, this.#status);
  }

  /** Prepares the first `length` bytes of `.part`. */
  static ofPart(context: FileContext, claim: Claim, active: ActiveFile, length: number): FinalFile {
    const { file } = active;
    const fits = file.status.size === length;
    if (fits) keepReplacedMode(context.fileSet, file, true);
    if (context.options.durable) active.sync();
    if (fits) return new FinalFile(context, claim, file, context.fileSet.part, active.leavesNothing);
    return FinalFile.#ofNewFile(context, claim, (newFile) => {
      copy(file, newFile, length);
    });
  }

  /** Prepares `data` to replace whatever there is. */
  static of(context: FileContext, claim: Claim, data: Uint8Array): FinalFile {
    return FinalFile.#ofNewFile(context, claim, (file) => {
      file.write(0, data);
    });
  }

  static #ofNewFile(context: FileContext, claim: Claim, fill: (file: OpenFile) => void): FinalFile {
    const { fileSet, options } = context;
    claim.assertHeld(`commit ${fileSet.path}`);
    const file = fileSet.create(fileSet.partNew);
    try {
      return file.orClose(() => {
        // The permissions stay, as when a file is overwritten.
        const replaced = fileSet.status(fileSet.path) ?? fileSet.status(fileSet.part);
        if (replaced?.isFile === true) keepMode(file, replaced.mode);
        fill(file);
        if (options.durable) file.sync();
        return new FinalFile(context, claim, file, fileSet.partNew);
      });
    } catch (error) {
      claim.removeLeftovers(fileSet.partNew);
      throw error;
    }
  }

  /**
   * Renames it to `<path>`. Idempotent. If that fails, what was there before is unchanged. It may
   * take long, and readers in other threads go on meanwhile.
   *
   * **Why readers find the old bytes until {@link publish}.** Until then {@link SharedFileState}
   * has the old inode, and readers that have it open or mapped keep it. A reader that has to open
   * it looks at `.part`, then at `<path>`. There are three cases:
   *
   * - A commit of `.part` itself, or of `.next`: one inode, and a rename is one step. If it is not
   *   there, then it is at `<path>` by then.
   * - A commit that copies `.part`, or a replacement of it: `.part` stays until {@link finish},
   *   which is after the update.
   * - A replacement of committed content: the old inode has no name once the rename is done. So the
   *   state says before that it is being replaced. A reader that finds no name of it waits for the
   *   new inode. It comes within the update that changes the generation, so the reader reads again.
   *
   * Content of other resources that this file replaces is none of these cases: nothing of theirs
   * changes but a name (`attachment/held-file.ts`).
   *
   * @param alive - called repeatedly while the rename is tried again
   */
  rename(alive: () => void): void {
    if (this.#named) return;
    const { fileSet, fileState } = this.#context;
    fileState.setReplacing(true);
    try {
      if (!this.#isFirst) this.#assertUnreplaced();
      fileSet.rename(this.#name, fileSet.path, alive);
    } catch (error) {
      this.#identity?.discard();
      fileState.setReplacing(false);
      if (this.#name === fileSet.partNew) {
        this.#file.close();
        this.#claim.removeLeftovers(fileSet.partNew);
      }
      throw error;
    }
    // It is committed now, whatever fails from here on.
    this.#named = true;
  }

  /**
   * Lets readers find the file, after {@link rename}, inside the update that makes it final. Takes
   * no time and cannot fail.
   */
  publish(): CommittedFile {
    const { fileSet, fileState, bindings } = this.#context;
    const { size } = this.#status;
    fileState.set(this.#status, size, this.#file.descriptor);
    fileState.setReplacing(false);
    return new CommittedFile(this.#file, size, bindings, fileSet.path);
  }

  /** Makes the name durable, and removes files that are of no use any more. */
  finish(): void {
    const { fileSet, options } = this.#context;
    this.#finishIdentity();
    if (options.durable) fileSet.syncFolder();
    if (this.#isFirst) return;
    // Only now: should a crash undo the rename, these files are all that is left.
    this.#claim.removeLeftovers(
      fileSet.coverage,
      fileSet.part,
      fileSet.coverageTemp,
      fileSet.partNew,
      fileSet.identityTemp,
    );
    if (options.durable && fileSet.suffix === '.next' && this.#name === fileSet.partNew) this.#syncRemoval();
  }

  /**
   * Makes it durable that what the new file was copied from is gone. A `.part` that power loss
   * brings back is not used beside a committed file; a `.next` would be.
   */
  #syncRemoval(): void {
    try {
      this.#context.fileSet.syncFolder();
    } catch {
      // The commit is durable all the same.
    }
  }

  #finishIdentity(): void {
    const { fileSet, options } = this.#context;
    if (this.#isFirst && this.#identity === undefined) return;
    try {
      if (!this.#claim.isHeld) this.#identity?.discard();
      else if (this.#identity === undefined) removeIdentity(fileSet);
      else this.#identity.finish(this.#file, options);
    } catch {
      // Content without an identity is still content, and an old identity matches no other file.
    }
  }

  /** Throws `IO` unless what is about to be renamed is the file that was written. */
  #assertUnreplaced(): void {
    const { fileSet } = this.#context;
    const named = fileSet.status(this.#name);
    if (named !== undefined && isSameFile(named, this.#status)) return;
    throw new StorageError(
      'IO',
      `Asked to commit ${fileSet.path}, and ${this.#name} ${named === undefined ? 'was removed' : 'is another file now'}. ` +
        'Its bytes can still be read; write them into another resource.',
      { path: fileSet.path },
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
