// Downloading into a resource
export { download } from './http/download.js';
export type { DownloadOptions, RetryOptions } from './http/download-options.js';
export type { DownloadUrl } from './http/source-url.js';
export type { Progress } from './operators/progress.js';

// Serving a resource
export { rangeResponse } from './http/range-response.js';
export type { RangeRequest, RangeResponseOptions } from './http/range-response.js';
