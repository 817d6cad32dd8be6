import { readCount } from './headers.js';

/** What a `Content-Range` says, as far as it is evident; all in bytes. */
export interface ContentRange {
  /**
   * Which part the body is, half-open; undefined: none of the content, in an answer with status
   * 416.
   */
  readonly part?: { readonly start: number; readonly end: number };
  /** Length of the content; undefined where it is not told, or is no integer below 2^53. */
  readonly total: number | undefined;
}

/**
 * `bytes 0-99/1000`, with or without the unit, with `=` or `:` behind it, with spaces anywhere, in
 * any case.
 */
const PART = /^(?:bytes?\b\s*[=:]?)?\s*(\d+)\s*-\s*(\d+)\s*(?:\/\s*(\S*)\s*)?$/i;
const NO_PART = /^(?:bytes?\b\s*[=:]?)?\s*\*\s*\/\s*(\S*)\s*$/i;

/**
 * Understands a `Content-Range` (RFC 9110, section 14.4); undefined for what nobody can place. Sent
 * twice, it has to say the same.
 *
 * An end past the total is the total: there are servers that repeat what they were asked for.
 */
export function readContentRange(header: string | undefined): ContentRange | undefined {
  const [first, ...others] = (header ?? '').split(',').map(readOne);
  const isSame = (other: ContentRange | undefined): boolean =>
    other?.part?.start === first?.part?.start && other?.part?.end === first?.part?.end && other?.total === first?.total;
  return others.every(isSame) ? first : undefined;
}

function readOne(header: string): ContentRange | undefined {
  const [, first, last, size] = PART.exec(header.trim()) ?? [];
  const [start, final] = [readCount(first), readCount(last)];
  if (start !== undefined && final !== undefined) {
    const total = readCount(size);
    const end = Math.min(final + 1, total ?? Infinity);
    return start < end && Number.isSafeInteger(end) ? { part: { start, end }, total } : undefined;
  }
  const [none, length] = NO_PART.exec(header.trim()) ?? [];
  return none === undefined ? undefined : { total: readCount(length) };
}
