import { isShared } from '../../memory/is-shared.js';
import { copyFromShared } from '../../memory/shared-copy.js';
import { StorageError } from '../../errors/storage-error.js';
import type { Attachment } from '../driver.js';

export const MEMORY_KIND = 'memory';

/** Reads a {@link MemDriver}'s buffer from another thread. */
export function attachMemory(buffer: unknown): Attachment {
  if (!isShared(buffer)) {
    throw new StorageError(
      'INVALID_ARGUMENT',
      'Expected the handle of a reader, and it has no memory to read from. Send it by postMessage as it is.',
    );
  }
  let bytes: Uint8Array = new Uint8Array(buffer, 0, buffer.byteLength);
  return {
    read(offset, target) {
      const end = offset + target.length;
      // The owner grew the buffer before it covered a byte behind the old end.
      if (end > bytes.length) bytes = new Uint8Array(buffer, 0, buffer.byteLength);
      if (end > bytes.length) {
        throw new StorageError(
          'CLOSED',
          `Asked for the bytes of [${offset}, ${end}), and the memory ends at ${bytes.length}: the handle is not as its owner made it. ` +
            'Ask the owner for a new one.',
          { range: { start: offset, end } },
        );
      }
      copyFromShared(bytes, offset, target);
    },
    close() {
      bytes = new Uint8Array(0);
    },
  };
}
