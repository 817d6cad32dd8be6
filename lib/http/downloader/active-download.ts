import type { Resource } from '../../resource/resource.js';
import type { DownloadProgress } from '../download/download-progress.js';

/**
 * What a download is for: what is played, what is played next, and what is stored for later. Of
 * requests that nobody waits for, those for `playback` go first, then those for `prefetch`.
 */
export type DownloadPriority = 'playback' | 'prefetch' | 'background';

export const PRIORITIES = ['playback', 'prefetch', 'background'] as const;

/** One download of a {@link Downloader} that is subscribed to. */
export interface ActiveDownload {
  /** What is downloaded into. */
  readonly resource: Resource;
  /** Settable at any time; throws `INVALID_ARGUMENT` for what is none. */
  priority: DownloadPriority;
  /** The last that the download has emitted. */
  readonly progress: DownloadProgress;
}
