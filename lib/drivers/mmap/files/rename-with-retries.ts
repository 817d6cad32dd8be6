import type { FileSystem } from './file-system.js';
import { systemCode } from './io-error.js';

/** Error codes of Windows while somebody has the file open: a virus scanner, an indexer. */
const TRANSIENT = ['EPERM', 'EBUSY', 'EACCES'];
/** The first pause, and the longest one, in milliseconds. */
const SHORTEST = 1;
const LONGEST = 100;

/**
 * Renames. Where the system may refuse only for the moment, it tries again for as long as
 * {@link FileSystem.renameRetryFor} says.
 *
 * @param alive - called before each pause
 */
export function renameWithRetries(
  files: FileSystem,
  from: string,
  to: string,
  alive: () => void = () => undefined,
): void {
  const { renameRetryFor = 0 } = files;
  const until = performance.now() + renameRetryFor;
  for (let pause = SHORTEST; ; pause = Math.min(2 * pause, LONGEST)) {
    try {
      files.rename(from, to);
      return;
    } catch (cause) {
      if (!TRANSIENT.includes(systemCode(cause) ?? '') || performance.now() + pause > until) throw cause;
    }
    alive();
    sleep(pause);
  }
}

function sleep(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}
