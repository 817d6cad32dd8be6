// Downloading into a resource
export { download } from './http/download/download.js';
export type { DownloadAnswer, DownloadOptions, RetryOptions } from './http/download/download-options.js';
export type { DownloadProgress } from './http/download/download-progress.js';
export type { DownloadUrl } from './http/download/request/source-url.js';
export type { Progress } from './operators/progress.js';

// Many downloads
export { Downloader } from './http/downloader/downloader.js';
export type { DownloaderOptions, PrioritizedDownloadOptions } from './http/downloader/downloader.js';
export type { ActiveDownload, DownloadPriority } from './http/downloader/active-download.js';
export type { NeededBy } from './range/times.js';

// Serving a resource
export { rangeResponse } from './http/serve/range-response.js';
export type { RangeRequest, RangeResponseOptions } from './http/serve/range-response.js';
