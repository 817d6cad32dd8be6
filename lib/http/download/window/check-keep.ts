import { StorageError } from '../../../errors/storage-error.js';
import type { Resource } from '../../../resource/resource.js';

/**
 * Throws `INVALID_ARGUMENT` for a window that does not keep what such a download needs: the last of
 * live content, which nobody can bring again; of all other content what is near to readers.
 */
export function checkKeep({ driver: { use } }: Resource, live: boolean): void {
  if (use === undefined || use.keepsLatest === live) return;
  throw new StorageError(
    'INVALID_ARGUMENT',
    live
      ? 'Asked for a live download into a window that keeps what is near to readers: what goes of live content nobody can bring again. ' +
          "Make the WindowDriver with `keep: 'latest'`."
      : "Asked for a download into a window with `keep: 'latest'`, where the oldest bytes go for good. Make the WindowDriver without it, " +
          'or say `live: true` if the content cannot be asked for again.',
  );
}
