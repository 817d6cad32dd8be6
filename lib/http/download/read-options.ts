import { invalidArgument, wrongType } from '../../errors/invalid-argument.js';
import { checkOptionNames } from '../../errors/check-option-names.js';
import { checkOnError } from '../../operators/checks.js';
import type { ByteRange } from '../../range/byte-range.js';
import { checkedRange } from '../../range/checks.js';
import { checkType } from '../../resource/checks.js';
import { checkSignal } from '../../waits/abort.js';
import { LONGEST_TIMER } from '../../range/times.js';
import { readHeaders } from '../read-headers.js';
import type { DownloadAnswer, DownloadOptions, RetryOptions } from './download-options.js';

/** The least that a request has to bring: so many bytes a second, over so many milliseconds. */
export interface MinRate {
  readonly bytesPerSecond: number;
  readonly ms: number;
}

/** {@link DownloadOptions}, checked and complete. */
export interface DownloadSettings {
  readonly concurrency: number;
  readonly chunkSize: number;
  readonly readAhead: number;
  readonly range: ByteRange | undefined;
  readonly retry: Required<{ readonly [K in keyof RetryOptions]: number }>;
  readonly timeout: number;
  readonly minRate: MinRate;
  readonly signal: AbortSignal | undefined;
  readonly live: boolean;
  /** New ones for each request, to that URL. */
  readonly headers: (url: string) => Headers;
  readonly accept: (answer: DownloadAnswer) => boolean;
  readonly revalidate: boolean;
  readonly fetch: typeof globalThis.fetch;
  /** It is the app's, and may know addresses that the platform's does not. */
  readonly ownFetch: boolean;
  readonly commit: boolean;
  readonly onError: 'fail' | 'leave';
  readonly trustLength: boolean;
}

/** Longer requests save nothing any more, and a server that cuts them off costs more. */
const LONGEST = 64 * 2 ** 20;

export const OPTIONS = [
  'concurrency',
  'chunkSize',
  'readAhead',
  'range',
  'retry',
  'timeout',
  'headers',
  'accept',
  'revalidate',
  'fetch',
  'commit',
  'onError',
  'trustLength',
  'minRate',
  'signal',
  'live',
] as const;

/** Throws `INVALID_ARGUMENT`, `INVALID_RANGE`, or a `TypeError` for what TypeScript rejects. */
export function readOptions(options: DownloadOptions): DownloadSettings {
  checkOptionNames(options, OPTIONS);
  const { concurrency = 4, chunkSize = LONGEST, readAhead = Infinity, timeout = 30_000, onError = 'fail' } = options;
  checkCount('concurrency', concurrency, 1);
  checkCount('chunkSize', chunkSize, 1);
  if (readAhead !== Infinity) checkCount('readAhead', readAhead, 0);
  checkTime('timeout', timeout);
  checkOnError(onError);
  const { commit = true, trustLength = false, revalidate = false, live = false, fetch, signal } = options;
  checkType('commit', 'boolean', commit);
  checkType('trustLength', 'boolean', trustLength);
  checkType('revalidate', 'boolean', revalidate);
  checkType('live', 'boolean', live);
  checkSignal(signal);
  if (live && revalidate) {
    throw invalidArgument('revalidate', 'false for live content, which cannot be asked for again', revalidate);
  }
  if (live && options.range !== undefined) {
    throw invalidArgument('range', 'none for live content, which cannot be asked for in parts', options.range);
  }
  if (fetch !== undefined && typeof fetch !== 'function') throw wrongType('fetch', 'a function', fetch);
  return {
    concurrency,
    chunkSize,
    readAhead,
    range: options.range === undefined ? undefined : { ...checkedRange(options.range) },
    timeout,
    minRate: readMinRate(options.minRate),
    signal,
    live,
    onError,
    retry: readRetry(options.retry),
    headers: headersFor(options.headers),
    accept: readAccept(options.accept),
    revalidate,
    ownFetch: fetch !== undefined,
    // Called as a method of another object it would refuse to work in browsers.
    fetch: fetch ?? ((...request) => globalThis.fetch(...request)),
    commit,
    trustLength,
  };
}

function headersFor(headers: DownloadOptions['headers']): DownloadSettings['headers'] {
  if (typeof headers === 'function') return (url) => readHeaders(headers(new URL(url)));
  const fixed = readHeaders(headers);
  return () => new Headers(fixed);
}

function readAccept(accept: DownloadOptions['accept'] = () => true): DownloadSettings['accept'] {
  if (typeof accept !== 'function') throw wrongType('accept', 'a function', accept);
  return accept;
}

function readRetry(retry: DownloadOptions['retry'] = {}): DownloadSettings['retry'] {
  const { count = 10, delay = 500, maxDelay = 30_000, patience = 120_000 } = retryOptions(retry);
  if (count !== Infinity) checkCount('retry.count', count, 0);
  if (typeof delay !== 'number' || !(delay >= 0 && delay < Infinity))
    throw invalidArgument('retry.delay', 'milliseconds >= 0', delay);
  checkTime('retry.maxDelay', maxDelay);
  checkTime('retry.patience', patience);
  return { count, delay, maxDelay, patience };
}

function readMinRate(minRate: DownloadOptions['minRate'] = {}): MinRate {
  if (typeof minRate === 'object') checkOptionNames(minRate, ['bytesPerSecond', 'ms']);
  const { bytesPerSecond = 1000, ms = 5000 } = typeof minRate === 'number' ? { bytesPerSecond: minRate } : minRate;
  if (typeof bytesPerSecond !== 'number' || !(bytesPerSecond >= 0 && bytesPerSecond < Infinity)) {
    throw invalidArgument('minRate', 'bytes a second >= 0, or { bytesPerSecond, ms }', minRate);
  }
  if (typeof ms !== 'number' || !(ms > 0 && ms <= LONGEST_TIMER)) {
    throw invalidArgument('minRate.ms', 'milliseconds > 0', ms);
  }
  return { bytesPerSecond, ms };
}

function retryOptions(retry: false | number | RetryOptions): RetryOptions {
  if (retry === false) return { count: 0 };
  if (typeof retry === 'number') return { count: retry };
  const given: unknown = retry;
  if (typeof given !== 'object' || given === null)
    throw invalidArgument('retry', 'false, a number or an object', given);
  checkOptionNames(retry, ['count', 'delay', 'maxDelay', 'patience']);
  return retry;
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isSafeInteger(value) || value < least) throw invalidArgument(name, `an integer >= ${least}`, value);
}

function checkTime(name: string, value: number): void {
  if (typeof value !== 'number' || !(value > 0)) throw invalidArgument(name, 'milliseconds > 0', value);
}
