import type { ByteRange } from '../../../range/byte-range.js';
import { readContentRange } from './content-range.js';
import { readCoding, readEtag, readHeader, readLastModified, readLength, readMediaType } from './headers.js';
import { isSameTag, type Version } from './version.js';

/** What came back for a request, as far as it says what its body is. */
export interface Received {
  readonly status: number;
  readonly headers: Headers;
  /** `Response.type`: what is `'cors'` may hide headers. */
  readonly type: string;
  /** Where it came from in the end; empty where that is not told. */
  readonly url: string;
}

/** What an answer is understood against. */
export interface Question {
  /**
   * Which part was asked for, half-open, in bytes; undefined: everything, without `Range`. The end
   * may be `Infinity`.
   */
  readonly asked: ByteRange | undefined;
  /** Length of the content in bytes, where it is known. */
  readonly total?: number | undefined;
  /** Of which kind the content is known to be, as {@link readMediaType} tells it. */
  readonly mediaType?: string | undefined;
  /** The version of the bytes that are there, where nobody knows of which kind they are. */
  readonly kept?: Version | undefined;
  /** The origins that the URL and its redirects have led to. */
  readonly origins?: ReadonlySet<string>;
  /** Whether the answer may be that nothing has changed. */
  readonly conditional?: boolean;
}

/** What an answer proves; all offsets in bytes. */
export type Answer =
  /**
   * A part, `[start, end)` by its headers: it begins where it was asked to, or before, and may be
   * shorter or longer than asked. `hidden`: a coding may be in it that nobody sees, of which this
   * would be a part. `displaced`: it begins elsewhere than it was asked to, and nothing but the
   * length of its body can confirm that.
   */
  | {
      readonly kind: 'part';
      readonly start: number;
      readonly end: number;
      readonly hidden: boolean;
      readonly displaced: boolean;
      readonly version: Version;
    }
  /**
   * Everything from the first byte on; the end is undefined where nothing proves it but the end of
   * the body.
   */
  | { readonly kind: 'whole'; readonly end: number | undefined; readonly hidden: boolean; readonly version: Version }
  /** There is no byte where the part was to begin. The length may be told. */
  | { readonly kind: 'nothing'; readonly total: number | undefined }
  /** There is a part, but it ends before what was asked for. */
  | { readonly kind: 'end-too-far'; readonly total: number }
  /** A part that nobody can place, or of something else than the content. */
  | { readonly kind: 'unplaceable'; readonly what: string }
  /** A page that somebody else has put in place of the content: it says nothing about it. */
  | { readonly kind: 'other-kind'; readonly what: string }
  /** Headers that do not fit what was asked for, or each other. */
  | { readonly kind: 'contradiction'; readonly what: string }
  /** What a conditional request asked about is as it was. */
  | { readonly kind: 'unchanged' }
  /** The status is all that it says. */
  | { readonly kind: 'refused' };

/** 203 is a 200 that went through a proxy (RFC 9110, section 15.3.4). */
const WITH_CONTENT = new Set([200, 203, 206]);

/**
 * Understands an answer to a GET from everything that it says together (RFC 9110, sections 8, 14
 * and 15), never from its status alone. What is evident is taken as meant; what is not is as if the
 * header were missing.
 */
export function understand(received: Received, question: Question): Answer {
  const { status } = received;
  const { asked } = question;
  if (status === 304 && question.conditional === true) return { kind: 'unchanged' };
  if (status === 416 && asked !== undefined) {
    return findOtherKind(received, question) ?? understandUnsatisfied(received, asked);
  }
  if (!WITH_CONTENT.has(status)) return { kind: 'refused' };
  return findOtherKind(received, question) ?? understandContent(received, question);
}

function understandUnsatisfied({ headers }: Received, asked: ByteRange): Answer {
  const { total } = readContentRange(readHeader(headers, 'content-range')) ?? { total: undefined };
  if (total === undefined || asked.start >= total) return { kind: 'nothing', total };
  return asked.end > total && asked.end < Infinity ? { kind: 'end-too-far', total } : { kind: 'refused' };
}

/** The page of a hotel's network, say, in which one has to log in before one gets anywhere. */
function findOtherKind(received: Received, { mediaType, kept, origins }: Question): Answer | undefined {
  const { status, headers, url } = received;
  const found = readMediaType(headers);
  // Errors are pages everywhere.
  const isPage = found === 'text/html' && WITH_CONTENT.has(status);
  if (mediaType === undefined) {
    if (!isPage || kept === undefined || isOf(kept, headers)) return undefined;
    return { kind: 'other-kind', what: `the answer is ${found}, and not of what is stored` };
  }
  if (found === undefined || found === mediaType) return undefined;
  const origin = originOf(url);
  const elsewhere = origin !== undefined && origins !== undefined && !origins.has(origin);
  if (!isPage && !elsewhere) return undefined;
  return { kind: 'other-kind', what: `the answer is ${found}${elsewhere ? ` from ${origin}` : ''}, not ${mediaType}` };
}

/** Whether headers are of a version, by its ETag, or by its length where it has none. */
function isOf({ etag: known, total }: Version, headers: Headers): boolean {
  const etag = readEtag(headers);
  if (known !== undefined) return etag !== undefined && isSameTag(known, etag);
  const found = readContentRange(readHeader(headers, 'content-range'))?.total ?? readLength(headers);
  return total === undefined || found === total;
}

function understandContent(received: Received, { asked, total: known }: Question): Answer {
  const { status, headers, type } = received;
  if (readMediaType(headers) === 'multipart/byteranges') {
    return { kind: 'unplaceable', what: 'the answer has several parts' };
  }
  const coding = readCoding(headers);
  // A page of another origin sees a `Content-Encoding` only where the server exposes it.
  const mayHide = coding === 'unknown' || (type === 'cors' && !headers.has('content-encoding'));
  const header = readHeader(headers, 'content-range');
  const range = readContentRange(header);
  const length = readLength(headers);
  if (range?.part === undefined) {
    // A 200 that speaks of a place is a part, most likely.
    if (asked !== undefined && (status === 206 || header !== undefined)) {
      return { kind: 'unplaceable', what: 'the answer does not say which part of the content it has' };
    }
    // With `Range` the Fetch Standard has the platform ask for bytes that are not compressed.
    if (asked !== undefined && length === asked.end - asked.start && length !== known) {
      return {
        kind: 'unplaceable',
        what: 'the answer is said to be everything, and is as long as the part that was asked for',
      };
    }
    const untold = coding !== 'none' || (mayHide && asked === undefined);
    return whole(headers, untold ? undefined : length, mayHide);
  }
  const { part, total } = range;
  const isWhole = part.start === 0 && part.end === total;
  if (coding === 'undone') {
    if (isWhole && asked === undefined) return whole(headers, undefined, false);
    return { kind: 'unplaceable', what: `the answer is a part of compressed bytes, ${JSON.stringify(header)}` };
  }
  const { start, end } = part;
  const from = asked?.start ?? 0;
  if (start > from || end <= from) {
    const wanted = asked === undefined ? 'everything' : `bytes ${from}-${asked.end - 1}`;
    const what = `asked for ${wanted}, the answer says it has ${JSON.stringify(header)}`;
    return { kind: 'contradiction', what };
  }
  if (length !== undefined && length !== end - start) {
    const what = `the answer says that it is ${length} bytes long, and that it has ${JSON.stringify(header)}`;
    return { kind: 'contradiction', what };
  }
  if (isWhole && (asked === undefined || start < from)) return whole(headers, mayHide ? undefined : end, mayHide);
  const displaced = start < from && length === undefined;
  return { kind: 'part', start, end, hidden: mayHide, displaced, version: readVersion(headers, total) };
}

function whole(headers: Headers, end: number | undefined, hidden: boolean): Answer {
  return { kind: 'whole', end, hidden, version: readVersion(headers, end) };
}

function readVersion(headers: Headers, total: number | undefined): Version {
  return { etag: readEtag(headers), lastModified: readLastModified(headers), total };
}

/** Undefined where a URL has none of its own. */
export function originOf(url: string): string | undefined {
  if (!URL.canParse(url)) return undefined;
  const { origin } = new URL(url);
  return origin === 'null' ? undefined : origin;
}
