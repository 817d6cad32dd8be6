import { threadToken } from '../control/thread-token.js';
import { StorageError } from '../errors/storage-error.js';

const PROBE = typeof SharedArrayBuffer === 'function' ? new Int32Array(new SharedArrayBuffer(4)) : undefined;

/**
 * Throws `DEADLOCK` if this thread is the owner's (by token), and `UNSUPPORTED` if it must not
 * block at all.
 */
export function assertMayBlock(owner: number): void {
  if (owner === threadToken()) {
    throw new StorageError(
      'DEADLOCK',
      'Asked to block until bytes arrive, in the very thread that owns the resource and would have to write them. ' +
        'Move the blocking reader to a worker thread, or wait with waitRange() of the resource.',
    );
  }
  try {
    // Never equal, so it never blocks; where blocking is forbidden it throws all the same (a
    // browser's main thread).
    if (PROBE !== undefined) Atomics.wait(PROBE, 0, 1, 0);
  } catch (cause) {
    throw new StorageError(
      'UNSUPPORTED',
      'Asked to block in a thread that the platform does not let block (a browser page). ' +
        'Move the blocking reader to a worker, or use attachReader() and wait without blocking.',
      { cause },
    );
  }
}
