import { checkOptionNames } from '../../errors/check-option-names.js';
import { wrongType } from '../../errors/invalid-argument.js';
import { checkView } from '../../operators/checks.js';
import { checkNeededByOffset, type NeededBy } from '../../range/times.js';
import type { ResourceView } from '../../view/resource-view.js';
import { answerTo } from './answer.js';
import { bodyOf } from './body.js';
import { closeQuietly } from './close-quietly.js';

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
  /**
   * Headers of the answer, `Content-Type` above all. Those that say what part of what it has are
   * its own; a `Last-Modified` is what `If-Modified-Since`, `If-Unmodified-Since` and `If-Range`
   * are compared with.
   */
  readonly headers?: ConstructorParameters<typeof Headers>[0];
  /**
   * Close the view when the body has ended, failed or been cancelled, or when there is none. A body
   * that nobody reads or cancels ends with the request's signal.
   *
   * @default false
   */
  readonly close?: boolean | undefined;
  /**
   * When the bytes are needed: orders the demand, nearest first. A number is for the first piece,
   * and for what the length is learned from; a function is called for each piece that has to be
   * waited for, with its offset.
   *
   * @default none, which comes last
   */
  readonly neededBy?: NeededBy | undefined;
}

/**
 * Answers a request with the bytes of `view`, as a web server does, even while they are still
 * arriving.
 *
 * 200 or 206 with a body that streams as bytes come; 416 for a range behind the end, 304 and 412 as
 * the conditions have it (the `ETag` is the identity), 405 for other methods than GET and HEAD
 * (RFC 9110). Several ranges in one request are answered with everything.
 *
 * While the length is unknown, a request for everything or from the first byte on gets a 200
 * without a length, as soon as that byte is there; a range that begins later, or counts from the
 * end, waits for the length. A resource that failed still gives what it has: a range that is there,
 * and of an open one (`bytes=a-`) what is there up to the first gap.
 *
 * Waiting and streaming demand what is asked for. Nothing is read ahead of who reads the body;
 * cancelling it withdraws the demand. An interrupt of the view reaches neither.
 *
 * Rejects with `FAILED`, `CANCELLED` or `CLOSED` if the bytes will not come, with `CANCELLED`, too,
 * when the request's signal fires before there is an answer: its reason is the `cause`. Later, the
 * body errors with those, and with `CHANGED` where the content turns out to be shorter than the
 * headers say, or its identity changes. Rejects with `INVALID_ARGUMENT` for options that cannot be
 * meant.
 *
 * With `close` the view is closed in any case, and an error of `close()` is told by the rejection
 * or the body, unless there is another one to tell.
 *
 * @example
 * ```ts
 * import { MemDriver, Resource } from 'tidemark';
 * import { rangeResponse } from 'tidemark/http';
 *
 * const initialData = new TextEncoder().encode('high tide');
 * const resource = Resource.open(new MemDriver({ initialData }));
 * const request = new Request('https://example.org/', { headers: { range: 'bytes=-4' } });
 * const headers = { 'content-type': 'text/plain' };
 * const response = await rangeResponse(resource, request, { headers });
 * console.log(response.status, await response.text()); // 206 tide
 * ```
 */
export async function rangeResponse(
  view: ResourceView,
  request: RangeRequest,
  options: RangeResponseOptions = {},
): Promise<Response> {
  checkServed(view, options);
  const { close = false, neededBy } = options;
  try {
    const { status, headers, content } = await answerTo(view, request, options);
    if (close && content === undefined) view.close();
    const { signal } = request;
    return new Response(content && bodyOf(view, content, { signal, neededBy, close }), { status, headers });
  } catch (error) {
    if (close) closeQuietly(view);
    throw error;
  }
}

/** Throws for what cannot be served, or not so. */
export function checkServed(view: ResourceView, options: RangeResponseOptions): void {
  checkView(view);
  checkOptionNames(options, ['headers', 'close', 'neededBy']);
  const { close, neededBy } = options;
  checkNeededByOffset(neededBy);
  if (close !== undefined && typeof close !== 'boolean') throw wrongType('close', 'a boolean', close);
}
