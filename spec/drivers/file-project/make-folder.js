import { accessSync, constants, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory: what is tested here are not disks. */
const MEMORY = '/dev/shm';

/** Runs before the tests; the environment takes the folder to wherever they run. */
export default function makeFolder() {
  process.env.TESTED_FOLDER = mkdtempSync(join(realpathSync(isWritable(MEMORY) ? MEMORY : tmpdir()), 'tidemark-'));
}

/** @param {string} folder */
function isWritable(folder) {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
