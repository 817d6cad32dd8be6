import type { DownloadProgress } from '../../http/download/download-progress.js';
import type { Item } from '../entries/item.js';
import type { Publications } from '../entries/publications.js';
import type { EntryDownload } from '../store-entry.js';

/** There is no room for it now. */
export const QUEUED: EntryDownload = { state: 'queued', attempt: 1, bytesPerSecond: 0 };

/** Sets what is told of a download: changes of state at once, numbers every now and then. */
export function showDownload(publications: Publications, item: Item, download: EntryDownload | undefined): void {
  const before = item.download;
  item.download = download;
  if (item.isGone) return;
  const isSame =
    before?.state === download?.state &&
    before?.attempt === download?.attempt &&
    before?.lastError === download?.lastError;
  if (isSame) publications.counted(item);
  else publications.changed(item);
}

/** What an entry tells of the progress of its download; undefined: that has ended. */
export function downloadOf(progress: DownloadProgress): EntryDownload | undefined {
  const { state, attempt, bytesPerSecond, etaMs, lastError } = progress;
  if (state === 'committed' || state === 'complete' || state === 'closed') return undefined;
  return {
    state,
    attempt,
    bytesPerSecond,
    ...(etaMs !== undefined && { etaMs }),
    ...(lastError !== undefined && { lastError }),
  };
}
