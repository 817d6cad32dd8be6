import { StorageError } from '../../errors/storage-error.js';
import { isShared } from '../../memory/is-shared.js';
import type { Attachment } from '../driver.js';
import { halfOf } from './left-alone.js';
import { WindowBytes, type WindowMemory } from './window-bytes.js';

export const WINDOW_KIND = 'window';

/** Reads the window of a `WindowDriver` from another thread. */
export function attachWindow(data: unknown): Attachment {
  const memory = data as Partial<WindowMemory> | undefined;
  if (!isShared(memory?.pool) || !isShared(memory.table) || typeof memory.blockSize !== 'number') {
    throw new StorageError(
      'INVALID_ARGUMENT',
      'Expected the handle of a reader, and it has no window to read from. Send it by postMessage as it is.',
    );
  }
  let bytes: WindowBytes | undefined = new WindowBytes(memory as WindowMemory);
  return {
    longestWait: halfOf(Math.floor(memory.pool.byteLength / memory.blockSize), memory.blockSize),
    read(offset, target) {
      bytes?.read(offset, target);
    },
    close() {
      bytes = undefined;
    },
  };
}
