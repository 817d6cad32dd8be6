import { lists } from './entity-tag.js';

/** What is sent along with content to tell its version. */
export interface Validators {
  readonly etag: string | undefined;
  /** A date of HTTP, where whoever serves has given one. */
  readonly lastModified: string | undefined;
}

/** The headers of a request that matter to what it gets. */
export const READ_HEADERS = [
  'range',
  'if-range',
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
] as const;

/**
 * What a request's conditions make of it: 304, 412, or undefined where they hold (RFC 9110, section
 * 13.2.2). A date is heeded only where no list of tags stands beside it.
 */
export function failedCondition(asked: Headers, { etag, lastModified }: Validators): 304 | 412 | undefined {
  const ifMatch = asked.get('if-match');
  const ifNoneMatch = asked.get('if-none-match');
  if (ifMatch ? !lists(ifMatch, etag, true) : isLater(lastModified, asked.get('if-unmodified-since'))) return 412;
  if (ifNoneMatch) return lists(ifNoneMatch, etag, false) ? 304 : undefined;
  return isLater(lastModified, asked.get('if-modified-since')) === false ? 304 : undefined;
}

/**
 * Whether whoever asks has parts of this version, and so wants another one; without `If-Range` it
 * is taken for granted.
 */
export function wantsPart(asked: Headers, { etag, lastModified }: Validators): boolean {
  const ifRange = asked.get('if-range');
  if (!ifRange) return true;
  return (
    lists(ifRange, etag, true) || (lastModified !== undefined && isSettled(lastModified) && ifRange === lastModified)
  );
}

/** Undefined where one of them is no date, and so says nothing. */
function isLater(date: string | undefined, than: string | null): boolean | undefined {
  const difference = Date.parse(date ?? '') - Date.parse(than ?? '');
  return Number.isNaN(difference) ? undefined : difference > 0;
}

/**
 * Whether a date tells versions apart: content of the second that is not over yet may change within
 * it (section 8.8.2.2).
 */
function isSettled(date: string): boolean {
  return Date.parse(date) <= Date.now() - 1000;
}
