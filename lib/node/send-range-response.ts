import type { IncomingMessage, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';

import { isStorageError } from '../errors/storage-error.js';
import { rangeResponse, type RangeResponseOptions } from '../http/serve/range-response.js';
import type { ResourceView } from '../view/resource-view.js';

/**
 * Answers a request of Node's `http` with the bytes of `view`, as `rangeResponse` of `tidemark/http` does.
 *
 * The headers go out at once, the body as bytes arrive and as fast as the client takes them. Resolves when everything was handed over, or
 * when the client has gone, which withdraws what was demanded for it.
 *
 * Rejects with `FAILED`, `CANCELLED` or `CLOSED` if the bytes will not come: before anything was sent (`response.headersSent` is
 * false), so that you can answer with an error of your own, or later, when the connection has been cut, since there is no other way to tell
 * the client that its answer is not complete.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { MemDriver, Resource } from 'tidemark';
 * import { sendRangeResponse } from 'tidemark/node';
 *
 * const resource = Resource.open(new MemDriver()); // somebody writes into it
 * createServer((request, response) => {
 *   sendRangeResponse(resource, request, response, { headers: { 'content-type': 'audio/flac' } }).catch((error) => {
 *     if (!response.headersSent) response.writeHead(502).end(String(error));
 *   });
 * }).listen(8080);
 * ```
 */
export async function sendRangeResponse(
  view: ResourceView,
  request: IncomingMessage,
  response: ServerResponse,
  options: RangeResponseOptions = {},
): Promise<void> {
  // It has gone while somebody thought about it: that is told once, and was.
  const isGone = (): boolean => response.destroyed;
  if (isGone()) return;
  const gone = new AbortController();
  response.once('close', () => {
    gone.abort();
  });
  try {
    const asked = { method: request.method ?? 'GET', headers: toHeaders(request), signal: gone.signal };
    const answer = await rangeResponse(view, asked, options);
    response.statusCode = answer.status;
    for (const [name, value] of answer.headers) {
      if (name === 'set-cookie') response.appendHeader(name, value);
      else response.setHeader(name, value);
    }
    response.flushHeaders();
    if (answer.body === null) response.end();
    else await pipeline(Readable.fromWeb(answer.body as NodeReadableStream), response);
  } catch (error) {
    // The client has gone: there is nobody to tell.
    if (!isStorageError(error) && isGone()) return;
    throw error;
  }
}

function toHeaders({ headersDistinct }: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value);
  }
  return headers;
}
