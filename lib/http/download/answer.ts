import type { ByteRange } from '../../range/byte-range.js';
import { brokenAnswerError, statusError } from './http-error.js';
import type { Version } from './version.js';

/** What a server answered to a GET, understood from status and headers (RFC 9110, sections 14 and 15). */
export type Answer =
  /** A part, which begins where it was asked to; it may be shorter than asked. */
  | { readonly kind: 'part'; readonly end: number; readonly version: Version }
  /** Everything from the first byte on; the end is undefined where it was not told. */
  | { readonly kind: 'whole'; readonly end: number | undefined; readonly version: Version }
  /** The part begins behind the end. */
  | { readonly kind: 'nothing'; readonly version: Version }
  /** A part that nobody can place: ranges are of no use here. */
  | { readonly kind: 'unplaceable' };

/**
 * Understands the answer to a request for `asked`, half-open; undefined: for everything.
 *
 * Throws `HTTP` for every other status, and for headers that contradict the request or each other.
 */
export function understand(where: string, response: Response, asked: ByteRange | undefined): Answer {
  const { status, headers } = response;
  if (status === 200) {
    // Of compressed content the header tells the compressed length. A page of another origin cannot see that it is compressed, and
    // cannot ask for it not to be but by asking for a part.
    const hidden = response.type === 'cors' && asked === undefined;
    const end = hidden || isEncoded(headers) ? undefined : readLength(headers);
    return { kind: 'whole', end, version: readVersion(headers, end) };
  }
  if (status === 206 && asked !== undefined) return understandPart(where, response, asked);
  if (status === 416 && asked !== undefined) {
    const [, total] = /^bytes \*\/(\d+)$/.exec(headers.get('content-range') ?? '') ?? [];
    return { kind: 'nothing', version: readVersion(headers, total === undefined ? undefined : Number(total)) };
  }
  throw statusError(where, response);
}

function understandPart(where: string, response: Response, asked: ByteRange): Answer {
  const { headers } = response;
  const contentRange = headers.get('content-range');
  // Missing: several parts at once, or a page of another origin that may not see it (Access-Control-Expose-Headers). Compressed:
  // a part of the compressed bytes.
  if (contentRange === null || isEncoded(headers)) return { kind: 'unplaceable' };
  const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(contentRange) ?? [];
  const start = Number(first);
  const end = Number(last) + 1;
  const total = size === '*' ? undefined : Number(size);
  if (start !== asked.start || !(start < end) || end > (total ?? Infinity)) {
    const what = `asked for bytes ${asked.start}-${asked.end - 1}, the answer says it has ${JSON.stringify(contentRange)}`;
    throw brokenAnswerError(where, response.status, what);
  }
  const length = readLength(headers);
  if (length !== undefined && length !== end - start) {
    const what = `the answer says that it is ${length} bytes long, and that it has ${JSON.stringify(contentRange)}`;
    throw brokenAnswerError(where, response.status, what);
  }
  return { kind: 'part', end, version: readVersion(headers, total) };
}

function readVersion(headers: Headers, total: number | undefined): Version {
  return {
    etag: headers.get('etag') ?? undefined,
    lastModified: headers.get('last-modified') ?? undefined,
    total,
  };
}

function readLength(headers: Headers): number | undefined {
  const length = headers.get('content-length');
  return length !== null && /^\d+$/.test(length) ? Number(length) : undefined;
}

function isEncoded(headers: Headers): boolean {
  return (headers.get('content-encoding') ?? 'identity') !== 'identity';
}
