import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';

import { wrongType } from '../errors/invalid-argument.js';
import { isStorageError } from '../errors/storage-error.js';
import { type Answer, answerTo } from '../http/serve/answer.js';
import { closeQuietly } from '../http/serve/close-quietly.js';
import { READ_HEADERS } from '../http/serve/conditions.js';
import { checkServed, type RangeResponseOptions } from '../http/serve/range-response.js';
import type { ResourceView } from '../view/resource-view.js';
import { isGone, type ServerAnswer, type ServerRequest, whenGone } from './client-gone.js';
import { sendBody } from './send-body.js';

/**
 * Responds to a request of Node's `http`, `https` or, by its compatibility API, `http2` with the
 * bytes of `view`, as `rangeResponse` of `tidemark/http` does.
 *
 * The headers go out at once, the body as bytes arrive and as fast as the client takes them.
 * Resolves when everything was handed over, or when the client has gone, which withdraws what was
 * demanded for it.
 *
 * Rejects with `FAILED`, `CANCELLED` or `CLOSED` if the bytes will not come, and with `CHANGED` if
 * the content is replaced while it is sent. As long as nothing was sent (`response.headersSent` is
 * false), you can respond with an error of your own. Later the connection has been cut: there is no
 * other way to tell the client that its response is not complete.
 *
 * With `close` the view is closed before it resolves or rejects; if `close()` throws, it rejects
 * with that, unless there was another error before.
 *
 * @example
 * ```ts
 * import { createServer } from 'node:http';
 * import { MemDriver, Resource } from 'tidemark';
 * import { sendRangeResponse } from 'tidemark/node';
 *
 * const resource = Resource.open(new MemDriver()); // somebody writes into it
 * createServer((request, response) => {
 *   const headers = { 'content-type': 'audio/flac' };
 *   sendRangeResponse(resource, request, response, { headers }).catch((error) => {
 *     if (!response.headersSent) response.writeHead(502).end(String(error));
 *   });
 * }).listen(8080);
 * ```
 */
export async function sendRangeResponse(
  view: ResourceView,
  request: IncomingMessage | Http2ServerRequest,
  response: ServerResponse | Http2ServerResponse,
  options: RangeResponseOptions = {},
): Promise<void> {
  checkServed(view, options);
  const { close = false, ...others } = options;
  try {
    await answer(view, request, response, others);
  } catch (error) {
    if (close) closeQuietly(view);
    throw error;
  }
  if (close) view.close();
}

async function answer(
  view: ResourceView,
  request: ServerRequest,
  response: ServerAnswer,
  options: Pick<RangeResponseOptions, 'headers' | 'neededBy'>,
): Promise<void> {
  if (typeof (request as Partial<ServerRequest> | null | undefined)?.headers !== 'object') {
    throw wrongType('request', "an IncomingMessage of Node's http", request);
  }
  if (typeof (response as Partial<ServerAnswer> | null | undefined)?.setHeader !== 'function') {
    throw wrongType('response', "a ServerResponse of Node's http", response);
  }
  // The client has gone before this call, and its events were emitted then.
  if (isGone(request, response)) return;
  const gone = new AbortController();
  const { signal } = gone;
  const stopListening = whenGone(request, response, () => {
    gone.abort();
  });
  try {
    const asked = { method: request.method ?? 'GET', headers: toHeaders(request), signal };
    const found = await answerTo(view, asked, options);
    signal.throwIfAborted();
    writeHead(response, found);
    if (found.content === undefined) response.end();
    else await sendBody(view, found.content, response, { gone: signal, neededBy: options.neededBy });
  } catch (error) {
    // The client has gone: nobody needs the error.
    const isOwn = signal.aborted && isStorageError(error, 'CANCELLED') && error.cause === signal.reason;
    if (isGone(request, response) && (isOwn || !isStorageError(error))) return;
    throw error;
  } finally {
    stopListening();
  }
}

function writeHead(response: ServerAnswer, { status, headers }: Answer): void {
  response.statusCode = status;
  for (const [name, value] of headers) {
    if (name === 'set-cookie') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
  // One of HTTP/2 has it, too; @types/node does not know.
  (response as ServerResponse).flushHeaders();
}

/** What `rangeResponse` reads, and nothing that `Headers` might not take. */
function toHeaders(request: ServerRequest): Headers {
  const headers = new Headers();
  for (const name of READ_HEADERS) {
    const value = request.headers[name];
    if (value !== undefined) headers.set(name, Array.isArray(value) ? value.join(', ') : value);
  }
  return headers;
}
