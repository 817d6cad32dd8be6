import { checkNoOptions } from '../errors/check-options.js';
import { attachHandle, type ReaderHandle } from '../handle/reader-handle.js';
import { SyncReader } from './sync-reader.js';

/**
 * Opens a resource that another thread owns, for blocking reads in this one.
 *
 * Import the module of the resource's driver in this thread too, unless it is `MemDriver`.
 *
 * Block in a listener or a timer, not in the body of a module: if a module below it has a top-level
 * `await`, terminating the thread there ends the whole process (docs/workers.md).
 *
 * Throws `INVALID_ARGUMENT` for what is no handle, one of another version, or one that was attached
 * before; `CLOSED` if its port is closed; `UNSUPPORTED` if this thread does not know the driver.
 *
 * @example
 * ```ts
 * import { parentPort } from 'node:worker_threads';
 * import { openSync } from 'tidemark/sync';
 *
 * parentPort?.once('message', (handle) => {
 *   using reader = openSync(handle);
 *   const magic = new Uint8Array(4);
 *   reader.read(magic); // sleeps until they are there
 * });
 * ```
 */
export function openSync(handle: ReaderHandle): SyncReader;
export function openSync(handle: ReaderHandle, options?: unknown): SyncReader {
  checkNoOptions(options);
  return new SyncReader(attachHandle(handle));
}
