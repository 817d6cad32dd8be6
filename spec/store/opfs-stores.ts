import { OpfsBackend } from '../../lib/browser/opfs-backend/opfs-backend.js';
import type { Geometry } from '../../lib/drivers/opfs/geometry.js';
import { StorageError } from '../../lib/errors/storage-error.js';
import { CrashingFolder } from '../drivers/opfs/crashing-folder.js';
import { JOURNAL_LIMITS } from '../../lib/drivers/opfs/pool/journal.js';
import { SMALL } from '../drivers/opfs/in-folders.js';

/** Those that have a store open. */
const claimed = new WeakSet<CrashingFolder>();
const folders = new WeakMap<OpfsBackend, CrashingFolder>();

/** So small that a journal is begun anew after a few calls. */
const SMALL_JOURNAL = { slack: 600, step: 512, reserve: 256 };

/** A backend over a folder in memory. */
export function backendIn(folder = new CrashingFolder(), geometry: Geometry = SMALL): OpfsBackend {
  const backend = new OpfsBackend({
    path: 'store',
    geometry,
    limits: geometry === SMALL ? SMALL_JOURNAL : JOURNAL_LIMITS,
    claim: () => {
      if (claimed.has(folder)) return Promise.reject(new StorageError('CLAIMED', 'Somebody else has it.'));
      claimed.add(folder);
      return Promise.resolve({ release: () => claimed.delete(folder) });
    },
    folder: () => Promise.resolve(folder),
    estimate: () => Promise.resolve(undefined),
  });
  folders.set(backend, folder);
  return backend;
}

/** Ends the store that has a folder, as the end of its tab does. */
export function kill(folder: CrashingFolder): void {
  folder.kill();
  claimed.delete(folder);
}

/** The folder of a backend. */
export function folderOf(backend: OpfsBackend): CrashingFolder {
  return folders.get(backend) ?? new CrashingFolder();
}
