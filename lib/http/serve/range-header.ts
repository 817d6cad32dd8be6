import type { ByteRange } from '../../range/byte-range.js';

/**
 * What a `Range` header asks for of content that is `length` bytes long, half-open (RFC 9110, section 14.2).
 *
 * Undefined: everything. That is also the answer to several ranges at once, to other units and to what is no range: a server may ignore
 * them.
 */
export function readRange(header: string | null, length: number): ByteRange | 'unsatisfiable' | undefined {
  const [, first = '', last = ''] = /^bytes=[ \t]*(\d*)-(\d*)[ \t]*$/i.exec(header ?? '') ?? [];
  if (first === '') {
    if (last === '') return undefined;
    if (Number(last) === 0) return 'unsatisfiable';
    // The end of nothing is there, but no Content-Range could say so.
    return length === 0 ? undefined : { start: Math.max(0, length - Number(last)), end: length };
  }
  if (last !== '' && Number(last) < Number(first)) return undefined;
  const start = Number(first);
  const end = last === '' ? length : Math.min(length, Number(last) + 1);
  return start < length ? { start, end } : 'unsatisfiable';
}
