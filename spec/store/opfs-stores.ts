import { OpfsBackend } from '../../lib/browser/opfs-backend/opfs-backend.js';
import type { Geometry } from '../../lib/drivers/opfs/geometry.js';
import { StorageError } from '../../lib/errors/storage-error.js';
import { CrashingFolder } from '../drivers/opfs/crashing-folder.js';
import { SMALL } from '../drivers/opfs/in-folders.js';

/** Those that have a store open. */
const claimed = new WeakSet<CrashingFolder>();
const folders = new WeakMap<OpfsBackend, CrashingFolder>();

/** A backend over a folder in memory. */
export function backendIn(folder = new CrashingFolder(), geometry: Geometry = SMALL): OpfsBackend {
  const backend = new OpfsBackend({
    path: 'store',
    geometry,
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

/** The folder of a backend. */
export function folderOf(backend: OpfsBackend): CrashingFolder {
  return folders.get(backend) ?? new CrashingFolder();
}
