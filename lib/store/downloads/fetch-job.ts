import type { Observable } from 'rxjs';

import type { DownloadProgress } from '../../http/download/download-progress.js';
import type { Downloader } from '../../http/downloader/downloader.js';
import type { Resource } from '../../resource/resource.js';
import type { Catalog } from '../entries/catalog.js';
import type { Job } from './job.js';
import type { ResolvedSource } from './sources.js';

/** What a job is fetched with. */
export interface Fetching {
  readonly resource: Resource;
  readonly source: ResolvedSource;
  readonly downloader: Downloader;
  readonly catalog: Catalog;
}

/** Fetches what a job has begun with into its resource, which stays as it is where that fails. */
export function fetchJob(job: Job, { resource, source, downloader, catalog }: Fetching): Observable<DownloadProgress> {
  const { item, range, priority } = job;
  const { url, accept = () => true, ...options } = source;
  /** An answer tells what the content is. */
  const learn = (headers: Headers): true => {
    const contentType = headers.get('content-type') ?? undefined;
    if (contentType !== undefined && item.record.contentType === undefined && !item.isGone) {
      catalog.note(item, { contentType });
    }
    return true;
  };
  return downloader.download(resource, url, {
    ...options,
    range,
    priority,
    commit: true,
    revalidate: false,
    onError: 'leave',
    accept: (answer) => accept(answer) && learn(answer.headers),
  });
}
