import { CacheReader } from '../../cold/cache-reader.js';
import { StorageError } from '../../errors/storage-error.js';
import { isShared } from '../../memory/is-shared.js';
import type { Attachment } from '../driver.js';

/** The module to import in the other thread, see {@link registerAttachment}. */
export const OPFS_KIND = 'tidemark/browser';

/** Reads the shared cache of an `OpfsDriver` from another thread; all else is cold there. */
export function attachOpfs(data: unknown): Attachment {
  let cache = isShared(data) ? CacheReader.of(data) : undefined;
  if (cache === undefined) {
    throw new StorageError(
      'INVALID_ARGUMENT',
      'Expected the handle of a reader, and it has no cache to read from. Send it by postMessage as it is.',
    );
  }
  return {
    reach: (start, end) => cache?.reach(start, end) ?? start,
    stamp: (start, end, copied) => cache?.stamp(start, end, copied) ?? 0,
    read(offset, target) {
      cache?.read(offset, target);
    },
    close() {
      cache = undefined;
    },
  };
}
