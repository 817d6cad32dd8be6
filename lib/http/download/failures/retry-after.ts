import { readCount, readHeader } from '../answer/headers.js';

/** How long a server asks to wait before the next request. */
export interface RetryAfter {
  /** In milliseconds; undefined where it asks for nothing. */
  readonly retryAfterMs: number | undefined;
  /** It is the distance of a date from this machine's clock, which may be wrong. */
  readonly byLocalClock: boolean;
}

/**
 * Reads `Retry-After`, which is seconds or a date (RFC 9110, section 10.2.3).
 *
 * A date is measured against the answer's own `Date`: the two are of one clock, whatever time that
 * has. A page of another origin may not see `Date`; then the local clock has to do.
 */
export function readRetryAfter(headers: Headers): RetryAfter {
  const header = readHeader(headers, 'retry-after');
  const seconds = readCount(header);
  if (seconds !== undefined) return { retryAfterMs: seconds * 1000, byLocalClock: false };
  const date = Date.parse(header ?? '');
  // Of numbers, too, `Date.parse` makes dates.
  if (Number.isNaN(date) || !/[a-z]/i.test(header ?? '')) return { retryAfterMs: undefined, byLocalClock: false };
  const sent = Date.parse(readHeader(headers, 'date') ?? '');
  const byLocalClock = Number.isNaN(sent);
  return { retryAfterMs: Math.max(0, date - (byLocalClock ? Date.now() : sent)), byLocalClock };
}
