import type { ByteRange } from '../../../range/byte-range.js';

/** What a request asks for, beside what the app's own headers say. */
export interface Asked {
  /** Half-open, in bytes; undefined: everything. Its end may be `Infinity`. */
  readonly range: ByteRange | undefined;
  /** Everything instead, if the content is of another version than this strong entity tag says. */
  readonly ifRange?: string | undefined;
  /** Nothing, if the content is of one of these. */
  readonly ifNoneMatch?: string | undefined;
  /** Nothing, if the content was changed no later than this. */
  readonly ifModifiedSince?: string | undefined;
}

/** Adds to an app's headers what is the library's own to say. */
export function setAsked(headers: Headers, { range, ifRange, ifNoneMatch, ifModifiedSince }: Asked): Headers {
  const last = range === undefined || range.end === Infinity ? '' : range.end - 1;
  const own: Record<string, string | undefined> = {
    range: range && `bytes=${range.start}-${last}`,
    'if-range': ifRange,
    'if-none-match': ifNoneMatch,
    'if-modified-since': ifModifiedSince,
    // Beside `Range` the Fetch Standard has the platform say so itself.
    ...(range === undefined && { 'accept-encoding': 'identity' }),
  };
  for (const [name, value] of Object.entries(own)) {
    if (value === undefined) headers.delete(name);
    else headers.set(name, value);
  }
  return headers;
}
