/** What `fetch` undoes before anybody sees the body, where it knows the coding. */
const UNDONE = new Set(['gzip', 'x-gzip', 'deflate', 'compress', 'x-compress', 'br', 'zstd', 'dcb', 'dcz']);
/** What servers call a coding, and changes no byte. */
const UNCHANGING = new Set(['', 'identity', 'none', 'aws-chunked']);
/**
 * A date of `Last-Modified` says nothing about what is changed within the same second (RFC 9110,
 * section 8.8.2.2).
 */
const LEAST_AGE = 1000; // ms

/**
 * What a `Content-Encoding` says of a body:
 *
 * - `'none'`: its bytes are those of the content;
 * - `'undone'`: it was compressed, and `fetch` has undone that: lengths and places that headers
 *   tell are of the compressed bytes;
 * - `'unknown'`: a word that means nothing to `fetch`, which should have left the bytes as they
 *   are.
 */
export type Coding = 'none' | 'undone' | 'unknown';

/** So often is a header looked for in what `Headers.get` has joined. */
const MOST_COPIES = 8;

/**
 * A header's value; undefined for none and for an empty one. Sent more than once with the same
 * value it is there once.
 */
export function readHeader(headers: Headers, name: string): string | undefined {
  const value = headers.get(name)?.trim();
  if (value === undefined || value === '') return undefined;
  for (let times = MOST_COPIES; times > 1; times--) {
    const one = value.slice(0, (value.length + 2) / times - 2);
    if (one !== '' && Array<string>(times).fill(one).join(', ') === value) return one;
  }
  return value;
}

/** `Content-Length` in bytes; undefined where it is none. */
export function readLength(headers: Headers): number | undefined {
  return readCount(readHeader(headers, 'content-length'));
}

/** An integer that offsets can have. */
export function readCount(digits: string | undefined): number | undefined {
  if (digits === undefined || !/^\d+$/.test(digits)) return undefined;
  const count = Number(digits);
  return Number.isSafeInteger(count) ? count : undefined;
}

export function readCoding(headers: Headers): Coding {
  const codings = (headers.get('content-encoding') ?? '').split(',').map((coding) => coding.trim().toLowerCase());
  if (codings.some((coding) => UNDONE.has(coding))) return 'undone';
  return codings.every((coding) => UNCHANGING.has(coding)) ? 'none' : 'unknown';
}

/** `type/subtype`, in lower case; undefined where there is none. */
export function readMediaType(headers: Headers): string | undefined {
  const [type = ''] = (readHeader(headers, 'content-type') ?? '').toLowerCase().split(/[;,]/, 1);
  return type.trim() === '' ? undefined : type.trim();
}

/**
 * `Last-Modified` as it came, if it proves anything: it is a date, and not of the moment of the
 * answer.
 */
export function readLastModified(headers: Headers): string | undefined {
  const header = readHeader(headers, 'last-modified');
  const modified = Date.parse(header ?? '');
  if (Number.isNaN(modified)) return undefined;
  // A page of another origin may not see `Date`.
  const date = Date.parse(readHeader(headers, 'date') ?? '');
  return date - modified < LEAST_AGE ? undefined : header;
}

/** `ETag` as it came, if it is one tag, with quotes or without. */
export function readEtag(headers: Headers): string | undefined {
  const header = readHeader(headers, 'etag');
  return header !== undefined && /^(W\/)?("[^"]*"|[^"\s,]+)$/i.test(header) ? header : undefined;
}
