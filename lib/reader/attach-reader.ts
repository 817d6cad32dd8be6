import { checkNoOptions } from '../errors/check-options.js';
import { attachHandle, type ReaderHandle } from '../handle/reader-handle.js';
import { ResourceReader } from './resource-reader.js';

/**
 * Attaches to a resource that another thread owns.
 *
 * Import the module of the resource's driver in this thread too, unless it is `MemDriver`.
 *
 * Throws `INVALID_ARGUMENT` for what is no handle, one of another version, or one that was attached
 * before; `CLOSED` if its port is closed; `UNSUPPORTED` if this thread does not know the driver.
 *
 * @example
 * ```ts
 * import { parentPort } from 'node:worker_threads';
 * import { attachReader, type ReaderHandle } from 'tidemark';
 *
 * parentPort?.once('message', (handle: ReaderHandle) => {
 *   const reader = attachReader(handle);
 *   reader.read({ start: 0, end: 4 }).subscribe((magic) => console.log(magic));
 * });
 * ```
 */
export function attachReader(handle: ReaderHandle): ResourceReader;
export function attachReader(handle: ReaderHandle, options?: unknown): ResourceReader {
  checkNoOptions(options);
  return new ResourceReader(attachHandle(handle));
}
