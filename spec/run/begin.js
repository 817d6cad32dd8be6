import { accessSync, chmodSync, constants, mkdirSync, mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A file system in memory: what most tests are about are not disks. */
const MEMORY = '/dev/shm';

/**
 * Runs before all tests. Whatever these store is in folders that `end.js` removes; the environment
 * takes their paths to wherever they run, and `os.tmpdir()` is one of them.
 */
export default function begin() {
  const run = mkdtempSync(join(realpathSync(tmpdir()), 'tidemark-run-'));
  const temporary = join(run, 'tmp');
  mkdirSync(temporary);
  const tested = mkdtempSync(join(isWritable(MEMORY) ? MEMORY : run, 'tidemark-'));
  // What the driver under test opens, a file for each resource: no test removes it.
  const files = join(tested, 'files');
  mkdirSync(files);
  // Some tests become another user.
  for (const folder of [run, tested, files]) chmodSync(folder, 0o755);
  Object.assign(process.env, {
    RUN_FOLDER: run,
    TESTED_FOLDER: tested,
    TESTED_FILES: files,
    TMPDIR: temporary,
    TEMP: temporary,
    TMP: temporary,
    // npm keeps a cache of compiled code in the folder for temporary files (Node 22 and later).
    NODE_DISABLE_COMPILE_CACHE: '1',
  });
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
