import { firstValueFrom, fromEvent, map, merge, type Observable, switchMap, throwError } from 'rxjs';

import { knownEnd } from '../../operators/known-end.js';
import { knownLength } from '../../operators/known-length.js';
import { streamUntil } from '../../operators/to-readable-stream.js';
import { type ByteRange, MAX_OFFSET } from '../../range/byte-range.js';
import { endedError } from '../../view/answer-error.js';
import type { ResourceView } from '../../view/resource-view.js';
import { waitApart } from '../../view/wait-apart.js';
import { lists, toEntityTag } from './entity-tag.js';
import { readRange } from './range-header.js';

/** What {@link rangeResponse} reads of a request; a web `Request` has it. */
export interface RangeRequest {
  /** `GET` or `HEAD`; anything else is answered with 405. */
  readonly method: string;
  /** `Range` and the conditions are read. */
  readonly headers: Headers;
  /** Fires when the client has gone. */
  readonly signal?: AbortSignal | undefined;
}

/** How {@link rangeResponse} answers. */
export interface RangeResponseOptions {
  /** Headers of the answer, `Content-Type` above all; those that say what part of what it has are its own. */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
}

/** Headers that say what the answer has. */
const OWN = ['content-length', 'content-range', 'transfer-encoding', 'etag'];

/**
 * Answers a request with the bytes of `view`, as a web server does, even while they are still arriving.
 *
 * 200 or 206 with a body that streams as bytes come; 416 for a range behind the end, 304 and 412 as the conditions have it (the `ETag` is
 * the identity), 405 for other methods than GET and HEAD (RFC 9110). Several ranges in one request are answered with everything. Where a
 * range is asked for it waits until the length is known; else until the length or the first byte is. Waiting and streaming
 * demand what is asked for. Nothing is read ahead of who reads the body; cancelling it withdraws the demand.
 *
 * Rejects with `FAILED`, `CANCELLED` or `CLOSED` if the bytes will not come, and with the reason of `signal` when it fires before there is an
 * answer; later, the body errors with those.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 * import { rangeResponse } from 'tidemark/http';
 *
 * const resource = Resource.open(new MemDriver({ initialData: new TextEncoder().encode('high tide') }));
 * const request = new Request('https://example.org/', { headers: { range: 'bytes=-4' } });
 * const response = await rangeResponse(resource, request, { headers: { 'content-type': 'text/plain' } });
 * console.log(response.status, await response.text()); // 206 tide
 * ```
 */
export async function rangeResponse(
  view: ResourceView,
  request: RangeRequest,
  options: RangeResponseOptions = {},
): Promise<Response> {
  const { method, headers: asked, signal } = request;
  const headers = new Headers(options.headers);
  for (const name of OWN) headers.delete(name);
  headers.set('accept-ranges', 'bytes');
  if (method !== 'GET' && method !== 'HEAD') {
    headers.set('allow', 'GET, HEAD');
    return new Response(null, { status: 405, headers });
  }
  if (!headers.has('content-type')) headers.set('content-type', 'application/octet-stream');
  signal?.throwIfAborted();
  const rangeHeader = method === 'GET' ? asked.get('range') : null;
  const length = await firstValueFrom(orAborted(lengthFor(view, rangeHeader), signal));

  const etag = toEntityTag(view.identity);
  if (etag !== undefined) headers.set('etag', etag);
  const [ifMatch, ifNoneMatch, ifRange] = ['if-match', 'if-none-match', 'if-range'].map((name) => asked.get(name));
  if (ifMatch && !lists(ifMatch, etag, true)) return new Response(null, { status: 412, headers });
  if (ifNoneMatch && lists(ifNoneMatch, etag, false)) return new Response(null, { status: 304, headers });

  // Parts are for who has parts of this version; the others get everything.
  const range = ifRange && !lists(ifRange, etag, true) ? undefined : readRange(rangeHeader, length);
  if (range === 'unsatisfiable') {
    headers.set('content-range', `bytes */${length}`);
    return new Response(null, { status: 416, headers });
  }
  const { start, end } = range ?? { start: 0, end: length };
  if (end !== Infinity) headers.set('content-length', String(end - start));
  if (range !== undefined) headers.set('content-range', `bytes ${start}-${end - 1}/${length}`);
  const status = range === undefined ? 200 : 206;
  if (method === 'HEAD') return new Response(null, { status, headers });
  const part = { start, end: Math.min(end, MAX_OFFSET) };
  assertComing(view, part);
  return new Response(streamUntil(view, part.start, part.end, signal), { status, headers });
}

/** The length, `Infinity` if it can be done without: where everything is asked for and the first byte comes before the length is known. */
function lengthFor(view: ResourceView, range: string | null): Observable<number> {
  const [, first = ''] = /^bytes=[ \t]*(\d+)-/i.exec(range ?? '') ?? [];
  const known$ = knownLength(view, first === '' ? 0 : Math.min(Number(first), MAX_OFFSET - 1));
  if (range !== null) return known$;
  const begun$ = waitApart(view, { start: 0, end: 1 }, { passive: true }).pipe(map(() => knownEnd(view)));
  return merge(known$, begun$);
}

function orAborted<T>(source: Observable<T>, signal: AbortSignal | undefined): Observable<T> {
  if (signal === undefined) return source;
  return merge(source, fromEvent(signal, 'abort').pipe(switchMap(() => throwError(() => signal.reason as unknown))));
}

/** An answer that is bound to break off is none: who serves it can say so with a status of its own. */
function assertComing(view: ResourceView, range: ByteRange): void {
  const { status } = view;
  if (status.state === 'failed' && !view.has(range)) throw endedError(status, 'Asked for a part', { range });
}
