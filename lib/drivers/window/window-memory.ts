import { StorageError } from '../../errors/storage-error.js';
import { releaseMappings, releaseWhenCollected, takeMappings } from '../../memory/mapping-count.js';
import { BlockTable } from './block-table.js';
import type { WindowMemory } from './window-bytes.js';

/** Allocates the memory of a window, all of it. Throws `CAPACITY`. */
export function allocateWindow(places: number, blockSize: number, shared: boolean): WindowMemory {
  const table = allocate(BlockTable.bytesFor(places), shared);
  return { pool: allocate(places * blockSize, shared), table, blockSize };
}

function allocate(length: number, shared: boolean): ArrayBufferLike {
  if (!takeMappings(1)) throw refused(length);
  try {
    const buffer = shared ? new SharedArrayBuffer(length) : new ArrayBuffer(length);
    releaseWhenCollected(buffer, 1);
    return buffer;
  } catch (cause) {
    releaseMappings(1);
    throw refused(length, cause);
  }
}

function refused(length: number, cause?: unknown): StorageError {
  return new StorageError(
    'CAPACITY',
    `Asked for ${length} bytes of memory for a window, and there are none. ` +
      'Close resources and let the event loop run, or give it a smaller `maxBytes`.',
    { cause },
  );
}
