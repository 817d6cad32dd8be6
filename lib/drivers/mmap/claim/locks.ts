import { createRequire } from 'node:module';

import { StorageError } from '../../../errors/storage-error.js';
import { RUNTIME } from '../native/runtime.js';
import { bindKoffiLocks } from './koffi-locks.js';

/**
 * Advisory locks of whole files. A lock belongs to an open file (an «open file description»), not
 * to a process.
 */
export interface Locks {
  /**
   * Returns false, without waiting, if another open file has a lock that excludes this one. Throws
   * the system's error if it cannot lock for another reason.
   */
  tryLock(descriptor: number, options?: { shared?: boolean }): boolean;
}

/**
 * The package that locks: fs-native-extensions on Node, koffi on Bun and Deno.
 *
 * Bun and Deno must never load fs-native-extensions, which ends the process there (Deno 2.9: a
 * symbol is missing, and the dynamic linker exits; Bun 1.4: a panic when a lock is refused). koffi
 * makes the same system call, so writers on Node, Bun and Deno exclude each other.
 */
const PACKAGE = RUNTIME === 'Node' ? 'fs-native-extensions' : 'koffi';

let loaded: Locks | undefined;

/** Returns what locks; throws `UNSUPPORTED` where nothing does. */
export function loadLocks(path: string): Locks {
  try {
    return load();
  } catch (cause) {
    throw new StorageError(
      'UNSUPPORTED',
      `Writing a file needs the package ${PACKAGE}, for the lock that keeps a second writer away, and it cannot be loaded here, on ` +
        `${RUNTIME}, ${process.platform}-${process.arch}. ${remedy()} Or use mode 'read-only'.`,
      { path, cause },
    );
  }
}

/** True if files can be locked here. */
export function canLock(): boolean {
  try {
    load();
    return true;
  } catch {
    return false;
  }
}

function load(): Locks {
  const require = createRequire(import.meta.url);
  loaded ??= RUNTIME === 'Node' ? (require(PACKAGE) as Locks) : bindKoffiLocks(require);
  return loaded;
}

function remedy(): string {
  switch (RUNTIME) {
    case 'Node':
      return 'Install it anew ("npm install fs-native-extensions").';
    case 'Bun':
      return 'Install it with "bun add koffi".';
    case 'Deno':
      return 'Install it with "deno add npm:koffi", and run Deno with --allow-ffi.';
  }
}
