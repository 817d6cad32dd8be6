import { StorageError } from '../../errors/storage-error.js';
import { isShared } from '../../memory/is-shared.js';
import type { Attachment } from '../driver.js';
import { isLostBytes } from '../../window/lost-bytes.js';
import { BlockTable, isBlockSize } from './block-table.js';
import { halfOf } from './left-alone.js';
import { WindowBytes, type WindowMemory } from './window-bytes.js';

export const WINDOW_KIND = 'window';

/** What another thread needs. */
export interface SharedWindow extends WindowMemory {
  /** Which bytes have gone for ever, where the latest are kept. */
  readonly lost: SharedArrayBuffer | undefined;
}

/** Reads the window of a `WindowDriver` from another thread. */
export function attachWindow(data: unknown): Attachment {
  if (!isWindow(data)) {
    throw new StorageError(
      'INVALID_ARGUMENT',
      'Expected the handle of a reader, and it has no window to read from. Send it by postMessage as it is.',
    );
  }
  const { pool, blockSize, lost } = data;
  let bytes: WindowBytes | undefined = new WindowBytes(data);
  return {
    lost,
    longestWait: halfOf(Math.floor(pool.byteLength / blockSize), blockSize),
    read(offset, target) {
      bytes?.read(offset, target);
    },
    close() {
      bytes = undefined;
    },
  };
}

function isWindow(data: unknown): data is SharedWindow {
  const { pool, table, blockSize, lost } = (data ?? {}) as Partial<SharedWindow>;
  if (lost !== undefined && !isLostBytes(lost)) return false;
  return isShared(pool) && isShared(table) && BlockTable.isOne(table) && isBlockSize(blockSize);
}
