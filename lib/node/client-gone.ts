import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import type { Socket } from 'node:net';

/**
 * What a server of Node's `http` or `https` is called with, or one of `http2` by its compatibility
 * API.
 */
export type ServerRequest = IncomingMessage | Http2ServerRequest;
/** What it responds with. */
export type ServerAnswer = ServerResponse | Http2ServerResponse;

/**
 * What to call when a connection is closed: one listener a socket, however many requests are
 * pipelined on it.
 */
const closeListeners = new WeakMap<Socket, Set<() => void>>();

/** True if nothing can be sent through `response` any more. */
export function isGone(request: ServerRequest, response: ServerAnswer): boolean {
  // One of HTTP/2 has no `destroyed`; its stream has.
  if (isHttp2(response)) return response.writableEnded || response.stream.destroyed;
  return response.destroyed || request.socket.destroyed;
}

/**
 * Calls `gone` when nothing can be sent through `response` any more. Returns a function that stops
 * listening.
 *
 * A response emits `close`, but not while it is queued: the responses to pipelined requests get the
 * connection one after the other, and when it closes, Node emits `close` on the first one alone.
 */
export function whenGone(request: ServerRequest, response: ServerAnswer, gone: () => void): () => void {
  response.once('close', gone);
  const forget = isHttp2(response) ? undefined : whenClosed(request.socket, gone);
  return () => {
    response.off('close', gone);
    forget?.();
  };
}

function whenClosed(socket: Socket, gone: () => void): () => void {
  const listeners = closeListeners.get(socket) ?? new Set();
  if (!closeListeners.has(socket)) {
    closeListeners.set(socket, listeners);
    socket.once('close', () => {
      for (const listener of listeners) listener();
    });
  }
  listeners.add(gone);
  return () => listeners.delete(gone);
}

function isHttp2(response: ServerAnswer): response is Http2ServerResponse {
  return 'stream' in response;
}
