import { createRequire } from 'node:module';

import { StorageError } from '../../errors/storage-error.js';
import { TO_LOCK, TO_READ } from './file-system.js';
import { attempt, ioError } from './io-error.js';
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
  readonly #descriptor: number;

  private constructor(place: Place, descriptor: number) {
    this.#place = place;
    this.#descriptor = descriptor;
  }

  /** Takes the claim; throws `CLAIMED` if somebody has it. */
  static take(place: Place): Claim {
    const locks = loadLocks(place.path);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const descriptor = openLock(place);
      try {
        if (locks.tryLock(descriptor)) {
          if (hasName(place, descriptor)) return new Claim(place, descriptor);
        } else if (!locks.tryLock(descriptor, { shared: true })) {
          throw claimedError(place.path);
        }
        // Else somebody only looks whether there is a claim ({@link isClaimed}), which takes a moment.
      } catch (cause) {
        place.files.close(descriptor);
        throw ioError(`lock ${place.lock}`, place.path, cause);
      }
      place.files.close(descriptor);
    }
    throw claimedError(place.path);
  }

  /** Gives the claim back. */
  release(): void {
    try {
      // Unless somebody has removed it under our feet: the name is another one's lock then.
      if (hasName(this.#place, this.#descriptor)) this.#place.clear(this.#place.lock);
      this.#place.files.close(this.#descriptor);
    } catch {
      // The lock is freed whatever the system answers, and a lock file that stays is locked by the next.
    }
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

function openLock(place: Place): number {
  return attempt(`open ${place.lock}`, place.path, () => place.files.open(place.lock, TO_LOCK));
}

function hasName(place: Place, descriptor: number): boolean {
  const named = place.status(place.lock);
  const locked = place.files.status(descriptor);
  return named?.inode === locked.inode && named.device === locked.device;
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
