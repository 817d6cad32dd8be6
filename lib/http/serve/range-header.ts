import { type ByteRange, MAX_OFFSET } from '../../range/byte-range.js';

/**
 * One range as a `Range` header asks for it, in bytes: from `first` to `last`, both inclusive
 * (`Infinity`: to the end), or the last `suffix` bytes.
 */
export type AskedRange = { readonly first: number; readonly last: number } | { readonly suffix: number };

/**
 * Reads a `Range` header (RFC 9110, section 14.2). Undefined: everything is asked for. That is also
 * the result for several ranges at once, for other units and for what is no range: a server may
 * ignore them.
 */
export function parseRange(header: string | null): AskedRange | undefined {
  const [, list = ''] = /^bytes=(.*)$/i.exec(header ?? '') ?? [];
  // A list may have empty elements (section 5.6.1).
  const [only = '', ...others] = list
    .split(',')
    .map((element) => element.replace(/^[ \t]+|[ \t]+$/g, ''))
    .filter((element) => element !== '');
  const [, first = '', last = ''] = /^(\d*)-(\d*)$/.exec(only) ?? [];
  if (others.length > 0 || first + last === '') return undefined;
  if (first === '') return { suffix: Number(last) };
  if (last === '') return { first: offset(first), last: Infinity };
  return Number(last) < Number(first) ? undefined : { first: offset(first), last: offset(last) };
}

/** The part of content that is `length` bytes long; undefined: all of it. */
export function resolveRange(asked: AskedRange, length: number): ByteRange | 'unsatisfiable' | undefined {
  if ('suffix' in asked) {
    if (asked.suffix === 0) return 'unsatisfiable';
    // The end of nothing is there, but no Content-Range could say so.
    return length === 0 ? undefined : { start: Math.max(0, length - asked.suffix), end: length };
  }
  const { first, last } = asked;
  return first < length ? { start: first, end: Math.min(length, last + 1) } : 'unsatisfiable';
}

/** No byte is behind the largest offset. */
function offset(digits: string): number {
  return Math.min(Number(digits), MAX_OFFSET - 1);
}
