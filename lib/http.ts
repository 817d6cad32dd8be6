// Downloading into a resource
export { download } from './http/download/download.js';
export type { DownloadOptions, RetryOptions } from './http/download/download-options.js';
export type { DownloadUrl } from './http/download/source-url.js';
export type { Progress } from './operators/progress.js';

// Serving a resource
export { rangeResponse } from './http/serve/range-response.js';
export type { RangeRequest, RangeResponseOptions } from './http/serve/range-response.js';
