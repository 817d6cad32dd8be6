import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What came over the wire. */
export interface PlainResponse {
  /** The status line and the headers. */
  readonly head: string;
  readonly body: Buffer;
}

/**
 * A client of HTTP that shares no code with Node's: it writes a request into a socket, and takes
 * all that comes until the end.
 */
export async function plainRequest(url: string, range?: string, method = 'GET'): Promise<PlainResponse> {
  const { hostname, port, host, pathname } = new URL(url);
  const lines = [`${method} ${pathname} HTTP/1.1`, `host: ${host}`, 'accept: */*', 'connection: close'];
  if (range !== undefined) lines.push(`range: bytes=${range}`);
  const socket = connect(Number(port), hostname);
  socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  const response = await buffer(socket);
  const end = response.indexOf('\r\n\r\n') + 4;
  return { head: response.toString('latin1', 0, end), body: response.subarray(end) };
}
