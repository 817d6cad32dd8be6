import { createRequire } from 'node:module';

import { StorageError } from '../../errors/storage-error.js';
import { isSame, TO_READ } from './file-system.js';
import { ioError } from './io-error.js';
import type { OpenFile } from './open-file.js';
import type { Place } from './place.js';

/** Of the package fs-native-extensions: advisory locks of an open file description (Linux), of an open file elsewhere. */
interface Locks {
  /** False if another open file holds one that excludes it. */
  tryLock(descriptor: number, options?: { shared?: boolean }): boolean;
}

/** More than any race takes. */
const MOST_TRIES = 1000;

let loaded: Locks | undefined;

/**
 * The right to write one path, across threads and processes: an exclusive lock on `<path>.lock`.
 *
 * The lock is on a file of its own and never on one that is renamed, since a lock goes with the inode: held on `.part`, it would let
 * the next opener own the committed file. The holder removes the lock file as its last act. So whoever locks a file looks afterwards
 * whether it still has the name; if not, its holder has just gone, the lock is worth nothing, and it starts over.
 *
 * The system frees the lock when the descriptor is closed, so also when the process is killed, and Node closes the descriptors of a
 * worker that is terminated. The file that stays then is locked by the next.
 */
export class Claim {
  readonly #place: Place;
  readonly #file: OpenFile;

  private constructor(place: Place, file: OpenFile) {
    this.#place = place;
    this.#file = file;
  }

  /** Takes the claim; throws `CLAIMED` if somebody has it. */
  static take(place: Place): Claim {
    const locks = loadLocks(place.path);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const file = place.openLock();
      try {
        if (locks.tryLock(file.descriptor)) {
          if (hasName(place, file)) return new Claim(place, file);
        } else if (!locks.tryLock(file.descriptor, { shared: true })) {
          throw claimedError(place.path);
        }
        // Else somebody only looks whether there is a claim ({@link isClaimed}), which takes a moment.
      } catch (cause) {
        file.close();
        throw ioError(`lock ${place.lock}`, place.path, cause);
      }
      file.close();
    }
    throw claimedError(place.path);
  }

  /** Gives the claim back. */
  release(): void {
    try {
      // Unless somebody has removed it under our feet, and the name is another one's lock; or it was there before, with something in it.
      if (this.#file.status.size === 0 && hasName(this.#place, this.#file)) this.#place.clear(this.#place.lock);
    } catch {
      // A lock file that stays is locked by the next.
    }
    this.#file.close();
  }
}

/** Whether somebody has the claim just now. */
export function isClaimed(place: Place): boolean {
  const file = place.find(place.lock, TO_READ);
  if (file === undefined) return false;
  try {
    // Shared, so that somebody who takes the claim at this moment can tell that it is not taken.
    return !loadLocks(place.path).tryLock(file.descriptor, { shared: true });
  } catch (cause) {
    throw ioError(`look at the lock ${place.lock}`, place.path, cause);
  } finally {
    file.close();
  }
}

function hasName(place: Place, file: OpenFile): boolean {
  const named = place.status(place.lock);
  return named !== undefined && isSame(named, file.status);
}

function loadLocks(path: string): Locks {
  try {
    loaded ??= createRequire(import.meta.url)('fs-native-extensions') as Locks;
    return loaded;
  } catch (cause) {
    throw new StorageError(
      'UNSUPPORTED',
      'Writing a file needs the package fs-native-extensions, for the lock that keeps a second writer away, and it cannot be loaded on ' +
        `${process.platform}-${process.arch}. Install it anew, or use mode 'read-only'.`,
      { path, cause },
    );
  }
}

function claimedError(path: string): StorageError {
  return new StorageError(
    'CLAIMED',
    `Asked to write ${path}, and another resource does so already, in this process or in another. ` +
      'Share that resource (createPort), wait until it is closed, or choose another path.',
    { path },
  );
}
