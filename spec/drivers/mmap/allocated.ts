import { closeSync, openSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';

import { NODE_FILES } from '../../../lib/drivers/mmap/files/file-system.js';
import { folder } from '../../support/scratch.js';

/** How many bytes a file takes on disk. */
export function allocated(path: string): number {
  return statSync(path).blocks * 512;
}

/** Whether holes can be punched here: that takes koffi, a system that can, and a file system. */
export const PUNCHES = ((): boolean => {
  const path = join(folder, 'punched');
  const descriptor = openSync(path, 'w+');
  try {
    writeSync(descriptor, Buffer.alloc(65_536, 1));
    NODE_FILES.punchHole(descriptor, 0, 65_536);
    return allocated(path) === 0;
  } catch {
    return false;
  } finally {
    closeSync(descriptor);
  }
})();
