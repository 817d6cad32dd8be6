import { isStorageError, StorageError } from '../../errors/storage-error.js';
import { readRetryAfter } from './failures/retry-after.js';

/**
 * Answers below 500 that another attempt may change (RFC 9110, section 15; 425 is RFC 8470's, 429
 * RFC 6585's).
 */
const TRANSIENT = new Set([408, 425, 429]);
/** Answers that may say that there are too many requests at once. */
const CROWDED = new Set([429, 503]);
/** Answers that a new URL may change: signed ones expire, with these. */
const REFUSED = new Set([400, 401, 403, 404, 410]);

/**
 * What a request was about, for messages: without the query, in which URLs carry their signatures.
 */
export function nameOf(url: string): string {
  const [bare = '', query] = url.split('#', 1)[0]?.split('?') ?? [];
  return `GET ${bare}${query === undefined ? '' : '?…'}`;
}

/** The error for an answer that has a status of its own to tell. */
export function statusError(where: string, response: Response): StorageError {
  const { status, statusText } = response;
  const { retryAfterMs, byLocalClock } = readRetryAfter(response.headers);
  const after = retryAfterMs === undefined ? '' : ` It asks to wait ${Math.ceil(retryAfterMs / 1000)} s.`;
  const error = new StorageError(
    'HTTP',
    `${where}: the server answered ${`${status} ${statusText}`.trim()}.${after} ${hint(status)}`,
    {
      httpStatus: status,
      retryAfterMs,
    },
  );
  if (byLocalClock) timedByLocalClock.add(error);
  return error;
}

/** The errors whose `retryAfterMs` is only as right as the clock of this machine. */
const timedByLocalClock = new WeakSet<StorageError>();

export function isByLocalClock(error: StorageError): boolean {
  return timedByLocalClock.has(error);
}

/** The errors for answers that are none: another may be one. */
const broken = new WeakSet<StorageError>();

/**
 * The error for an answer that is none: its headers and its body do not fit what was asked, or each
 * other.
 */
export function brokenAnswerError(where: string, httpStatus: number, what: string): StorageError {
  const error = new StorageError(
    'HTTP',
    `${where}: ${what}. What was written before is kept; subscribe again to go on.`,
    { httpStatus },
  );
  broken.add(error);
  return error;
}

/**
 * The error for an answer that turned out false, when bytes are written already and no other is to
 * be had.
 */
export function contradictedError(where: string, httpStatus: number, what: string): StorageError {
  return new StorageError('HTTP', `${where}: ${what}.`, { httpStatus });
}

/**
 * The error for a request without an answer, or whose answer broke off.
 *
 * @param hidden - an answer may have come that the page must not see
 */
export function connectionError(where: string, cause: unknown, hidden: boolean): StorageError {
  const cors = hidden
    ? ' Or it does not allow this page, which is of another origin: let it send Access-Control-Allow-Origin (docs/http.md, “In a browser”).'
    : '';
  return new StorageError(
    'HTTP',
    `${where}: the connection failed (${explain(cause)}).${cors} What was written before is kept; subscribe again to go on.`,
    { cause },
  );
}

/** What a `fetch` may know by itself. */
const SCHEMES = new Set(['http:', 'https:', 'data:', 'blob:']);

/**
 * The error for an address whose scheme `fetch` seems not to know; undefined for schemes that it
 * may know. Which those are differs: an app's shell may add some of its own.
 */
export function schemeError(address: string, cause: unknown): StorageError | undefined {
  const { protocol } = new URL(address);
  if (SCHEMES.has(protocol)) return undefined;
  return new StorageError(
    'INVALID_ARGUMENT',
    `${nameOf(address)}: fetch got nothing from an address with the scheme ${protocol} (${explain(cause)}). ` +
      'Pass an http: or https: URL, or a fetch that knows this scheme.',
    { cause },
  );
}

/** The error for a server that brings next to nothing, though somebody waits for it. */
export function trickleError(where: string, bytes: number, ms: number): StorageError {
  return new StorageError(
    'TIMEOUT',
    `${where}: ${bytes} bytes came in ${Math.round(ms)} ms, less than minRate asks for. What was written before is kept; ` +
      'subscribe again to go on, or allow less with minRate.',
  );
}

/** The error for a `url` function that does not settle. */
export function urlStalledError(timeout: number): StorageError {
  return new StorageError(
    'TIMEOUT',
    `The url function did not settle within ${timeout} ms. What was written before is kept; subscribe again to go on.`,
  );
}

/** The error for a server that says nothing any more. */
export function stalledError(where: string, timeout: number): StorageError {
  return new StorageError(
    'TIMEOUT',
    `${where}: no byte came for ${timeout} ms. What was written before is kept; subscribe again to go on, or allow more with timeout.`,
  );
}

/** Whether the same request may succeed when it is made again. */
export function isTransient(error: unknown): error is StorageError {
  if (isStorageError(error, 'TIMEOUT')) return true;
  if (!isStorageError(error, 'HTTP')) return false;
  const { httpStatus } = error;
  // No answer, an answer that broke off, or one that was put together wrongly.
  if (httpStatus === undefined || broken.has(error) || TRANSIENT.has(httpStatus)) return true;
  return httpStatus >= 500 || (httpStatus >= 400 && error.retryAfterMs !== undefined);
}

/** Whether it may be that the server takes no more requests at once than it has already. */
export function isCrowded(error: unknown): boolean {
  if (!isStorageError(error, 'HTTP')) return false;
  return error.httpStatus === undefined || CROWDED.has(error.httpStatus);
}

/** Whether the connection broke, or was left since nothing came any more. */
export function isBreak(error: unknown): boolean {
  return isStorageError(error, 'TIMEOUT') || (isStorageError(error, 'HTTP') && error.httpStatus === undefined);
}

/** Whether it may succeed with another URL. */
export function isRefusal(error: unknown): boolean {
  return isStorageError(error, 'HTTP') && error.httpStatus !== undefined && REFUSED.has(error.httpStatus);
}

function hint(status: number): string {
  if (status === 401 || status === 403) return 'Pass what it wants in headers, or a url function that signs anew.';
  if (status === 404 || status === 410) return 'Check the URL.';
  if (status === 429 || status >= 500) return 'Subscribe again later.';
  return 'Check the URL and the headers.';
}

/**
 * `fetch` says little without its cause. Either may come from another realm, and be no instance of
 * this one's `Error`.
 */
function explain(error: unknown): string {
  const { message, cause } = (error ?? {}) as { message?: unknown; cause?: { message?: unknown } | null };
  const [what, why] = [message, cause?.message].map((text) =>
    typeof text === 'string' && text !== '' ? text : undefined,
  );
  if (what === undefined) return String(error);
  return why === undefined || what.includes(why) ? what : `${what}: ${why}`;
}
