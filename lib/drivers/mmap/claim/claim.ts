import { StorageError } from '../../../errors/storage-error.js';
import type { FileSet } from '../files/file-set.js';
import { type FileStatus, isSameFile, TO_READ } from '../files/file-system.js';
import { ioError } from '../files/io-error.js';
import type { OpenFile } from '../files/open-file.js';
import { loadLocks } from './locks.js';

/** More tries than any race takes. */
const MOST_TRIES = 1000;

/**
 * The right to write one path, across threads and processes: an exclusive lock on `<path>.lock`.
 *
 * **Why the lock has a file of its own.** A lock belongs to an inode, so it must not be on a file
 * that is renamed: a lock on `.part` would become one on the committed file.
 *
 * **Why a lock is checked after it was taken.** The holder removes the lock file last. Somebody may
 * have opened it before and lock it only afterwards: that lock is on a file without a name, and
 * excludes nobody. So after it has locked a file, a writer checks that this file still has the
 * name, and starts over if not.
 *
 * **When a claim ends without {@link release}.** The system frees a lock when its descriptor is
 * closed, so also when the process is killed; Node closes the descriptors of a worker that is
 * terminated. The lock file stays, and is locked by the next writer.
 *
 * **Why {@link isHeld} is asked again.** Somebody may remove or rename the folder, and the path
 * then belongs to another resource. The lock file tells: the holder has it open, so no other file
 * has its inode. As long as it has its name, the path is the holder's. So {@link isHeld} is checked
 * right before anything is done by name.
 */
export class Claim {
  readonly #fileSet: FileSet;
  readonly #file: OpenFile;
  readonly #status: FileStatus;
  /** The name of the lock file. */
  readonly #lock: string;
  /** False for a part of a wider claim, which ends with that alone. */
  readonly #isWhole: boolean;

  private constructor(fileSet: FileSet, file: OpenFile, status: FileStatus, lock = fileSet.lock, isWhole = true) {
    this.#fileSet = fileSet;
    this.#file = file;
    this.#status = status;
    this.#lock = lock;
    this.#isWhole = isWhole;
  }

  /** Takes the claim; throws `CLAIMED` if somebody has it. */
  static take(fileSet: FileSet): Claim {
    const locks = loadLocks(fileSet.path);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const file = fileSet.openLock();
      try {
        if (locks.tryLock(file.descriptor)) {
          const { status } = file;
          if (hasName(fileSet, fileSet.lock, status)) return new Claim(fileSet, file, status);
        } else if (!locks.tryLock(file.descriptor, { shared: true })) {
          throw claimedError(fileSet.path);
        }
        // A shared lock is free: somebody only looks whether there is a claim ({@link isClaimed}),
        // which takes a moment.
      } catch (cause) {
        file.close();
        throw ioError(`lock ${fileSet.lock}`, fileSet.path, cause);
      }
      file.close();
    }
    throw claimedError(fileSet.path);
  }

  /**
   * The claim of one path in a folder that the holder of this claim has to itself. It needs no lock
   * file of its own, lasts as long as this one, and cannot be released by itself.
   */
  within(fileSet: FileSet): Claim {
    return new Claim(fileSet, this.#file, this.#status, this.#lock, false);
  }

  /**
   * As {@link take}, to remove what is there. Returns undefined where there can be no lock file,
   * and so no writer.
   */
  static takeToRemove(fileSet: FileSet): Claim | undefined {
    return fileSet.canBeLocked ? Claim.take(fileSet) : undefined;
  }

  /** True while the files at the path are this holder's. */
  get isHeld(): boolean {
    return hasName(this.#fileSet, this.#lock, this.#status);
  }

  /** Throws `IO` unless {@link isHeld}. */
  assertHeld(asked: string): void {
    if (this.isHeld) return;
    const { path } = this.#fileSet;
    throw new StorageError(
      'IO',
      `Asked to ${asked}, and the lock file ${this.#lock} of this resource is not there any more: its folder, or the file, was removed, renamed ` +
        'or replaced by somebody else. Nothing at the path was touched. What was written can still be read: write it into another ' +
        'resource. Or close this one and open the path anew.',
      { path },
    );
  }

  /**
   * Removes files that are of no use any more, if they are this holder's. What cannot be removed
   * stays.
   */
  removeLeftovers(...names: string[]): void {
    try {
      if (this.isHeld) this.#fileSet.removeLeftovers(...names);
    } catch {
      // Nobody can tell whose they are.
    }
  }

  /** Ends the claim. */
  release(): void {
    if (!this.#isWhole) return;
    try {
      // Not if the name is another holder's lock file by now, nor if the file was there before,
      // with something in it.
      if (this.#file.status.size === 0 && this.isHeld) this.#fileSet.removeLeftovers(this.#lock);
    } catch {
      // A lock file that stays is locked by the next writer.
    }
    this.#file.close();
  }
}

/** True while somebody has the claim. */
export function isClaimed(fileSet: FileSet): boolean {
  const file = fileSet.find(fileSet.lock, TO_READ);
  if (file === undefined) return false;
  try {
    // Shared, so that `take` can tell at this moment that nobody has the claim.
    return !loadLocks(fileSet.path).tryLock(file.descriptor, { shared: true });
  } catch (cause) {
    throw ioError(`look at the lock ${fileSet.lock}`, fileSet.path, cause);
  } finally {
    file.close();
  }
}

function hasName(fileSet: FileSet, lock: string, status: FileStatus): boolean {
  const named = fileSet.status(lock);
  return named !== undefined && isSameFile(named, status);
}

function claimedError(path: string): StorageError {
  return new StorageError(
    'CLAIMED',
    `Asked to write ${path}, and another resource does so already, in this process or in another. ` +
      'Share that resource (createPort), wait until it is closed, or choose another path.',
    { path },
  );
}
