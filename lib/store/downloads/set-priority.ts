import { take } from 'rxjs';

import type { DownloadPriority } from '../../http/downloader/active-download.js';
import type { Downloader } from '../../http/downloader/downloader.js';
import type { Resource } from '../../resource/resource.js';

/** Changes the priority of a download that is running. */
export function setPriority(downloader: Downloader, resource: Resource, priority: DownloadPriority): void {
  downloader.downloads$.pipe(take(1)).subscribe((downloads) => {
    const active = downloads.find((download) => download.resource === resource);
    if (active !== undefined && active.priority !== priority) active.priority = priority;
  });
}
