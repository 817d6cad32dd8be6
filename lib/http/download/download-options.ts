import { invalidArgument } from '../../errors/invalid-argument.js';

/** How often and when a request is made again that failed. */
export interface RetryOptions {
  /** How many failures in a row, without a byte in between, are made good by trying again. `@default` 5 */
  readonly count?: number | undefined;
  /** How long to wait before the first time, in milliseconds; twice as long each time after, less a random part of up to a half. `@default` 500 */
  readonly delay?: number | undefined;
  /** The longest wait, in milliseconds. A server that asks for more (`Retry-After`) ends the download. `@default` 30000 */
  readonly maxDelay?: number | undefined;
}

/** How {@link download} downloads. */
export interface DownloadOptions {
  /**
   * The most requests at once. Reading ahead takes one, so that bytes come in order, and the next when that is about to end; the others
   * serve those who wait elsewhere. `@default` 4
   */
  readonly concurrency?: number | undefined;
  /** The most bytes in one request. `@default` 1048576 */
  readonly chunkSize?: number | undefined;
  /** How far to read ahead of what was last waited for, in bytes; when that is there it idles until somebody waits. `@default` Infinity: everything */
  readonly readAhead?: number | undefined;
  /** What becomes of requests that fail; false or 0: the first failure ends the download. */
  readonly retry?: false | number | RetryOptions | undefined;
  /** How long to wait for an answer, and for each next byte of it, in milliseconds. `@default` 30000 */
  readonly timeout?: number | undefined;
  /** Headers of each request, beside those that it makes itself (`Range`, `If-Range`, `Accept-Encoding`). */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /** Makes the requests. `@default` the platform's `fetch` */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Commit when everything is there. `@default` true */
  readonly commit?: boolean | undefined;
  /** What becomes of an active resource when the download ends with an error. `@default` 'fail' */
  readonly onError?: 'fail' | 'leave' | undefined;
  /** Go on with a partial download that was kept without a strong ETag, if the length is the same. `@default` false */
  readonly trustLength?: boolean | undefined;
}

/** The same, checked and complete. */
export interface DownloadSettings {
  readonly concurrency: number;
  readonly chunkSize: number;
  readonly readAhead: number;
  readonly retry: Required<{ readonly [K in keyof RetryOptions]: number }>;
  readonly timeout: number;
  readonly headers: Headers;
  readonly fetch: typeof globalThis.fetch;
  readonly commit: boolean;
  readonly onError: 'fail' | 'leave';
  readonly trustLength: boolean;
}

const MIB = 2 ** 20;

/** Throws `INVALID_ARGUMENT`; `TypeError` for headers that are none. */
export function readOptions(options: DownloadOptions): DownloadSettings {
  const { concurrency = 4, chunkSize = MIB, readAhead = Infinity, timeout = 30_000, onError = 'fail' } = options;
  checkCount('concurrency', concurrency, 1);
  checkCount('chunkSize', chunkSize, 1);
  if (readAhead !== Infinity) checkCount('readAhead', readAhead, 0);
  checkTime('timeout', timeout);
  if (!['fail', 'leave'].includes(onError)) throw invalidArgument('onError', "'fail' or 'leave'", onError);
  return {
    concurrency,
    chunkSize,
    readAhead,
    timeout,
    onError,
    retry: readRetry(options.retry),
    headers: new Headers(options.headers),
    // Called as a method of another object it would refuse to work in browsers.
    fetch: options.fetch ?? ((...request) => globalThis.fetch(...request)),
    commit: options.commit ?? true,
    trustLength: options.trustLength ?? false,
  };
}

function readRetry(retry: DownloadOptions['retry'] = {}): DownloadSettings['retry'] {
  const { count = 5, delay = 500, maxDelay = 30_000 } = typeof retry === 'object' ? retry : { count: Number(retry) };
  if (count !== Infinity) checkCount('retry.count', count, 0);
  if (!(delay >= 0 && delay < Infinity)) throw invalidArgument('retry.delay', 'milliseconds >= 0', delay);
  checkTime('retry.maxDelay', maxDelay);
  return { count, delay, maxDelay };
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw invalidArgument(name, `an integer >= ${least}`, value);
}

function checkTime(name: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0)) throw invalidArgument(name, 'milliseconds > 0', value);
}
