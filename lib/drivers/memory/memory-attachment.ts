import { copyFromShared } from '../../memory/shared-copy.js';
import type { Attachment } from '../driver.js';

export const MEMORY_KIND = 'memory';

/** Reads a {@link MemDriver}'s buffer from another thread. */
export function attachMemory(data: unknown): Attachment {
  const buffer = data as SharedArrayBuffer;
  let bytes: Uint8Array = new Uint8Array(buffer, 0, buffer.byteLength);
  return {
    read(offset, target) {
      const end = offset + target.length;
      // The owner grew the buffer before it covered a byte behind the old end.
      if (end > bytes.length) bytes = new Uint8Array(buffer, 0, buffer.byteLength);
      copyFromShared(bytes, offset, target);
    },
    close() {
      bytes = new Uint8Array(0);
    },
  };
}
