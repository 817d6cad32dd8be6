import { encodeRecord } from '../../../record/record-codec.js';
import type { FileSet } from '../files/file-set.js';
import type { FileStatus } from '../files/file-system.js';
import type { OpenFile } from '../files/open-file.js';
import type { CheckedOptions } from '../options.js';
import { loadRecord } from '../files/record-file.js';
import { sha256 } from '../files/sha256.js';

/** The coarsest clock of a file system, in milliseconds: vfat counts in two seconds. */
const CLOCK_STEP = 2000;

/**
 * The identity file of content that is about to be committed.
 *
 * An identity is valid for one file: for its inode, its length, and the times at which its bytes
 * and its inode were changed last. So it is not valid for what somebody else puts there, nor for a
 * copy.
 *
 * It is written in two steps. Before the commit, when the commit may still fail, all of it is
 * written under another name, but the times are not final: the rename of the content changes its
 * inode. After the commit the times are filled in, and the identity file gets its name. A crash in
 * between leaves content without an identity.
 */
export class PreparedIdentity {
  readonly #fileSet: FileSet;
  readonly #identity: string;
  readonly #temp: OpenFile;

  /** @param status - of the file that is about to be committed */
  constructor(fileSet: FileSet, identity: string, status: FileStatus) {
    this.#fileSet = fileSet;
    this.#identity = identity;
    this.#temp = fileSet.create(fileSet.identityTemp);
    this.#temp.orClose(() => {
      this.#temp.write(0, recordOf(identity, status));
    });
  }

  /**
   * Fills in the times of the committed `content`, and renames; the name is not durable yet. Who
   * owns the folder makes the file durable, too.
   */
  finish(content: OpenFile, { durable, owned }: Pick<CheckedOptions, 'durable' | 'owned'>): void {
    const { identity, identityTemp } = this.#fileSet;
    try {
      this.#temp.write(0, recordOf(this.#identity, distinctStatus(content, durable)));
      if (durable || owned === undefined) this.#temp.sync();
      this.#fileSet.rename(identityTemp, identity);
    } finally {
      this.#temp.close();
    }
  }

  /** Closes the file without giving it its name. */
  discard(): void {
    this.#temp.close();
  }
}

/**
 * Removes the identity file, unless it is not ours. One that cannot be removed stays, and is valid
 * for no other content.
 */
export function removeIdentity(fileSet: FileSet): void {
  try {
    const record = loadRecord(fileSet, fileSet.identity);
    if (record !== undefined && !('reason' in record)) fileSet.removeLeftovers(fileSet.identity);
  } catch {
    // Nobody can tell whether it is ours.
  }
  fileSet.removeLeftovers(fileSet.identityTemp);
}

/** Returns the identity of the committed file with this status, if one was kept. */
export function loadIdentity(fileSet: FileSet, { size, inode, modified, changed }: FileStatus): string | undefined {
  const record = loadRecord(fileSet, fileSet.identity);
  if (record === undefined || 'reason' in record) return undefined;
  const { expectedLength, file, identity } = record;
  const isSameFile =
    expectedLength === size && file?.inode === inode && file.modified === modified && file.changed === changed;
  return isSameFile ? identity : undefined;
}

function recordOf(identity: string, status: FileStatus): Uint8Array {
  return encodeRecord({ coverage: [], expectedLength: status.size, identity }, sha256, status);
}

/**
 * Returns the status of the content, with a `modified` that no later write gives it again.
 *
 * A kernel's clock ticks every few milliseconds. A later write sets `modified` to the tick of that
 * moment, which is not before the tick `changed` of the inode. So a `modified` before `changed` is
 * unique. If both are of the same tick, `modified` is set back.
 */
function distinctStatus(content: OpenFile, durable: boolean): FileStatus {
  const { status } = content;
  if (status.modified < status.changed) return status;
  content.changeModified(status.changed - CLOCK_STEP);
  if (durable) content.sync();
  return content.status;
}
