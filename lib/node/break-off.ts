import { TLSSocket } from 'node:tls';

import { RUNTIME } from '../drivers/mmap/native/runtime.js';
import type { ServerAnswer } from './client-gone.js';

/**
 * Cuts the connection, so that the client can tell that the body is not complete.
 *
 * Where neither `Content-Length` nor chunks tell (a client of HTTP/1.0, content of unknown length),
 * the body ends when the connection is closed, and then only a reset is no such end. It may take
 * along what the client has not received yet. A connection of TLS that is cut lacks its last
 * message, which tells, too.
 */
export function breakOff(response: ServerAnswer, error: Error): void {
  const { socket } = response;
  const isPlain = RUNTIME === 'Node' && !(socket instanceof TLSSocket);
  // A socket of the file system has no address, and cannot be reset.
  if (isPlain && endsWithConnection(response) && socket?.remoteAddress !== undefined) socket.resetAndDestroy();
  response.destroy(error);
}

function endsWithConnection(response: ServerAnswer): boolean {
  return !('stream' in response) && !response.chunkedEncoding && !response.hasHeader('content-length');
}
