import { EPOCH_AT, GONE, WANTS_AT } from '../control/layout.js';
import { hasWakeWords, wakeEverybody } from '../control/wake-words.js';
import { controlOf, foreignHandle, type ReaderHandle } from './reader-handle.js';

/**
 * Tells all readers of a resource that its owner's thread is gone. Call it where that thread was
 * spawned, when it has ended.
 *
 * A thread that is terminated runs no code and tells nobody, so a reader that blocks without a
 * timeout blocks for ever. (A Node thread that ends by itself closes what it owns.) Any handle of
 * the resource will do, whether attached or not. Waits of a resource that was not committed end
 * with `CLOSED`; a committed one stays readable. If the owner is alive after all, its readers end
 * all the same.
 *
 * Throws `INVALID_ARGUMENT` if it is no handle.
 *
 * @example
 * ```ts
 * import { ownerGone, type ReaderHandle } from 'tidemark';
 *
 * declare const worker: { on(event: 'exit', listener: () => void): void };
 * declare const handle: ReaderHandle;
 * worker.on('exit', () => ownerGone(handle));
 * ```
 */
export function ownerGone(handle: ReaderHandle): void {
  const { words } = controlOf(handle);
  // All that the buffer has grown to: wake-up words may lie behind the pages that a new reader
  // sees.
  const all = new Int32Array(handle.control, 0, Math.floor(handle.control.byteLength / 4));
  if (!hasWakeWords(all)) throw foreignHandle('shared memory that is damaged');
  Atomics.or(words, EPOCH_AT, GONE);
  wakeEverybody(all);
  Atomics.notify(words, WANTS_AT);
}
