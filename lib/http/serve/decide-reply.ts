import { type ByteRange, MAX_OFFSET } from '../../range/byte-range.js';
import { failedCondition, type Validators, wantsPart } from './conditions.js';
import { type AskedRange, parseRange, resolveRange } from './range-header.js';

/** What is known of content at one moment. */
export interface Known extends Validators {
  /** In bytes; `Infinity`: not known. */
  readonly length: number;
  /** No more bytes will come. */
  readonly failed: boolean;
  /** Some byte is there, wherever. */
  readonly begun: boolean;
  /** The end of the run of bytes that are there at `from`; `from` itself where it is missing. */
  readonly coveredUntil: (from: number) => number;
}

/** What a request for content gets. Ranges are half-open. */
export type Reply =
  | { readonly status: 200; readonly range: ByteRange }
  | { readonly status: 206; readonly range: ByteRange; readonly length: number }
  | { readonly status: 304 | 412 }
  | { readonly status: 416; readonly length: number }
  /** Nothing can be said before more is known; `from` is the byte to ask for until then. */
  | { readonly status: 'wait'; readonly from: number }
  /** What is asked for will not come. */
  | { readonly status: 'failed'; readonly range?: ByteRange };

const FAILED: Reply = { status: 'failed' };

/**
 * Decides what a GET or HEAD gets.
 *
 * While the length is unknown, no `Content-Range` can be sent that all clients understand. Whoever
 * starts at the first byte gets a 200 without a length instead, as soon as that byte is there: the
 * source may never tell. Whoever starts elsewhere waits for the length.
 */
export function decideReply(method: 'GET' | 'HEAD', asked: Headers, known: Known): Reply {
  const { length, etag, begun, failed } = known;
  // `Range` is for GET alone (RFC 9110, section 14.2).
  const range = method === 'GET' ? parseRange(asked.get('range')) : undefined;
  if (length === Infinity && etag === undefined && !begun) {
    return failed ? FAILED : wait(range !== undefined && 'first' in range ? range.first : 0);
  }
  const status = failedCondition(asked, known);
  if (status !== undefined) return { status };
  if (range === undefined || !wantsPart(asked, known)) return whole(known, method === 'HEAD');
  return length === Infinity ? partOfUnknown(range, known) : part(range, known);
}

/** @param headersOnly - bytes that are missing do not matter */
function whole({ length, failed, coveredUntil }: Known, headersOnly: boolean): Reply {
  const all = { status: 200, range: { start: 0, end: length } } as const;
  if (length !== Infinity) {
    return failed && !headersOnly && coveredUntil(0) < length ? { status: 'failed', range: all.range } : all;
  }
  if (failed) return FAILED;
  return coveredUntil(0) > 0 ? all : wait(0);
}

function part(asked: AskedRange, known: Known): Reply {
  const { length, failed, coveredUntil } = known;
  const range = resolveRange(asked, length);
  if (range === undefined) return whole(known, false);
  if (range === 'unsatisfiable') return { status: 416, length };
  const { start } = range;
  const end = failed ? Math.min(range.end, coveredUntil(start)) : range.end;
  // What is there of an open range is better than nothing; who has named an end counts on it.
  if (end < range.end && (end === start || !isOpen(asked))) return { status: 'failed', range };
  return { status: 206, range: { start, end }, length };
}

function partOfUnknown(asked: AskedRange, known: Known): Reply {
  const { length, failed, coveredUntil } = known;
  if ('suffix' in asked) return failed ? FAILED : wait(0);
  const { first, last } = asked;
  if (!failed) return first === 0 ? whole(known, false) : wait(first);
  const range = { start: first, end: Math.min(last + 1, coveredUntil(first)) };
  if (range.end === first || (range.end <= last && !isOpen(asked))) {
    return { status: 'failed', range: { start: first, end: Math.min(last + 1, MAX_OFFSET) } };
  }
  return { status: 206, range, length };
}

function isOpen(asked: AskedRange): boolean {
  return 'last' in asked && asked.last === Infinity;
}

function wait(from: number): Reply {
  return { status: 'wait', from };
}
