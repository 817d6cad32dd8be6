import { GONE_AT, WANTS_AT } from '../control/layout.js';
import { wakeEverybody } from '../control/wake-words.js';
import { controlOf, type ReaderHandle } from './reader-handle.js';

/**
 * Tells all readers of a resource that its owner's thread is gone; for whoever spawned that thread and sees it end.
 *
 * A thread that is terminated runs no code and tells nobody, so a reader that blocks without a timeout would block for ever. (A
 * Node thread that ends by itself closes what it owns.) Any handle of the resource will do, whether attached or not. Waits of a resource that was not committed end with
 * `CLOSED`; a committed one stays readable. If the owner is alive after all, its readers are cut off all the same.
 *
 * Throws `INVALID_ARGUMENT` for what is no handle.
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
  // As far as the buffer has grown: wake-up words may lie behind what a fresh reader looks at.
  const all = new Int32Array(handle.control, 0, Math.floor(handle.control.byteLength / 4));
  Atomics.store(words, GONE_AT, 1);
  wakeEverybody(all);
  Atomics.notify(words, WANTS_AT);
}
