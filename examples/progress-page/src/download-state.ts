import type { StoreEntry } from 'tidemark/store';
import { messageOf } from './format.js';

/** What becomes of the download of a song, in the words of this page. */
export type DownloadState =
  /** `queued`: there is no room for it, or others come first. */
  | { readonly name: 'queued' | 'running' | 'retrying' | 'stopped' | 'complete' }
  | { readonly name: 'failed'; readonly message: string };

export function downloadState({ state, download }: Pick<StoreEntry, 'state' | 'download'>): DownloadState {
  if (state === 'complete') return { name: 'complete' };
  switch (download?.state) {
    case undefined:
    case 'paused':
      return { name: 'stopped' };
    case 'failed':
      return { name: 'failed', message: messageOf(download.lastError ?? 'The download has failed.') };
    case 'queued':
    case 'retrying':
      return { name: download.state };
    default:
      return { name: 'running' };
  }
}

/** Whether there is something to pause. */
export function isUnderWay({ name }: DownloadState): boolean {
  return name === 'queued' || name === 'running' || name === 'retrying';
}
