import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach } from '@jest/globals';
import type { ByteRange } from 'tidemark';

/** A web server whose content, manners and bandwidth a test can change; each is closed after the test. */

export interface LoggedRequest {
  /** What it asked for, half-open; undefined: everything. */
  readonly asked: ByteRange | undefined;
  readonly ifRange: string | undefined;
  readonly status: number;
}

const started = new Set<Server>();

afterEach(() => {
  for (const server of started) {
    server.close();
    server.closeAllConnections();
  }
  started.clear();
});

export class ContentServer {
  content: Buffer;
  /** The ETag of the next answer; undefined: none. */
  etag: () => string | undefined;
  /** If not, it sends everything each time. */
  knowsRanges = true;
  /** Whether it says how long an answer is that has everything in it. */
  tellsLength = true;
  /** Whether it answers as RFC 9110 says to a request for a part of another version: with all of this one. */
  heedsIfRange = true;
  /** The most bytes in the answer to a request for a part: the client has to ask again for the rest. */
  longestPart = Infinity;
  /** How many more bytes it sends, in all answers together. */
  budget = Infinity;
  /** What becomes of an answer when there are no more: the connection is left open, or cut. */
  whenSpent: 'stall' | 'cut' = 'stall';
  /** Called with each request before it is answered, and awaited. */
  onRequest: () => unknown = () => undefined;
  /** What was asked, in this order. */
  log: LoggedRequest[] = [];
  readonly url: string;

  private constructor(content: Buffer, etag: string | undefined, port: number) {
    this.content = content;
    this.etag = () => etag;
    this.url = `http://127.0.0.1:${port}/song.flac`;
  }

  static async start(content: Buffer, etag?: string): Promise<ContentServer> {
    const server = createServer().listen(0, '127.0.0.1');
    started.add(server);
    await once(server, 'listening');
    const self = new ContentServer(content, etag, (server.address() as AddressInfo).port);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      void self.#answer(request, response);
    });
    return self;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.onRequest();
    const { content } = this;
    const etag = this.etag();
    const ifRange = request.headers['if-range'] as string | undefined;
    const asked = parse(request.headers.range);
    const isOther = this.heedsIfRange && ifRange !== undefined && ifRange !== etag;
    const whole = asked === undefined || isOther || !this.knowsRanges;
    const { start, end } = whole ? { start: 0, end: content.length } : asked;
    const last = Math.min(end, content.length, whole ? Infinity : start + this.longestPart) - 1;
    const status = whole ? 200 : start > last ? 416 : 206;
    this.log.push({ asked, ifRange, status });
    if (etag !== undefined) response.setHeader('etag', etag);
    if (status === 416) {
      response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
      return;
    }
    if (status === 206) response.setHeader('content-range', `bytes ${start}-${last}/${content.length}`);
    if (status === 206 || this.tellsLength) response.setHeader('content-length', last + 1 - start);
    response.writeHead(status);
    this.#send(content.subarray(start, last + 1), response);
  }

  #send(body: Buffer, response: ServerResponse): void {
    const sent = body.subarray(0, this.budget);
    this.budget -= sent.length;
    if (sent.length === body.length) response.end(sent);
    else if (this.whenSpent === 'cut') response.write(sent, () => response.destroy());
    else response.write(sent);
  }
}

function parse(header: string | undefined): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? '') ?? [];
  return last === undefined ? undefined : { start: Number(first), end: Number(last) + 1 };
}
