import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach } from '@jest/globals';
import type { ByteRange } from 'tidemark';

/**
 * A real web server on loopback, whose content, manners and bandwidth a test can change; each is
 * closed after the test.
 */

/** One request, and what it was answered. */
export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** What it asked for, half-open; undefined: everything. */
  readonly asked: ByteRange | undefined;
  /** How many requests came before it. */
  readonly number: number;
  /** How many bytes of a body were sent. */
  sent: number;
  status: number;
  /** The client went away before the answer was complete. */
  aborted: boolean;
}

/** In what an answer differs from that of a good server. */
export interface Manners {
  readonly status?: number;
  /** Added to those that a good server sends; undefined takes one away. */
  readonly headers?: Record<string, string | string[] | number | undefined>;
  /** Instead of the bytes asked for. */
  readonly body?: Uint8Array;
  /** The connection is cut after so many bytes of the body. */
  readonly cutAfter?: number;
  /** Nothing more is sent after so many bytes of the body. */
  readonly stallAfter?: number;
  readonly ignoresRange?: boolean;
  readonly ignoresIfRange?: boolean;
  /** The most bytes in the answer to a request for a part. */
  readonly longestPart?: number;
}

/** What it lets pages of other origins do, by CORS. */
export interface Cors {
  /** Headers of requests, besides those that need no permission. */
  readonly allowHeaders?: string;
  /** Headers of answers, besides those that every page may see. */
  readonly exposeHeaders?: string;
}

const SLICE = 16_384;
const QUIET = '/quiet';
const started = new Set<Server>();

afterEach(() => {
  for (const server of started) {
    server.close();
    server.closeAllConnections();
  }
  started.clear();
});

export class TestServer {
  content: Buffer;
  etag: string | undefined;
  lastModified: string | undefined;
  /** Of all answers together. */
  bytesPerSecond = Infinity;
  /** When it has sent so many bytes, in all answers together, this becomes its bandwidth. */
  slowdown: { readonly after: number; readonly bytesPerSecond: number } | undefined;
  /** Between a request and the first byte of its answer, in milliseconds. */
  latency = 0;
  /** In what all its answers differ from those of a good server. */
  manners: Manners = {};
  /** How many more bytes it sends, in all answers together. */
  budget = Infinity;
  /** What becomes of an answer when there are no more: the connection is left open, or cut. */
  whenSpent: 'stall' | 'cut' = 'stall';
  /** Makes an answer; {@link TestServer.serve} makes a good one. */
  handle: (exchange: Exchange) => unknown = (exchange) => this.serve(exchange, this.manners);
  exchanges: Exchange[] = [];
  /** Undefined: nothing. */
  cors: Cors | undefined;
  /** The headers that a page has asked to be allowed, once for each preflight. */
  preflights: string[] = [];
  /** How many requests are being answered, and the most that ever were. */
  active = 0;
  mostActive = 0;
  readonly origin: string;
  readonly url: string;
  readonly #server: Server;
  #free = 0;

  private constructor(server: Server, content: Buffer, etag: string | undefined) {
    this.#server = server;
    this.content = content;
    this.etag = etag;
    this.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    this.url = `${this.origin}/song.flac`;
  }

  static async start(content: Buffer, etag?: string): Promise<TestServer> {
    const server = createServer().listen(0, '127.0.0.1');
    started.add(server);
    await once(server, 'listening');
    const self = new TestServer(server, content, etag);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void self.#answer(request, response));
    return self;
  }

  /** What was asked for, in this order. */
  get asked(): (ByteRange | undefined)[] {
    return this.exchanges.map(({ asked }) => asked);
  }

  get sent(): number {
    return this.exchanges.reduce((sum, { sent }) => sum + sent, 0);
  }

  /**
   * Resolves when no request is being answered, and none is on its way any more that was made
   * before.
   */
  async quiet(): Promise<void> {
    await (await fetch(`${this.origin}${QUIET}`)).text();
    while (this.active > 0) await delay(5);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  /** Answers as RFC 9110 has it, but for `manners`. */
  async serve(exchange: Exchange, manners: Manners = {}): Promise<void> {
    const { request, response, asked } = exchange;
    const { content, etag, lastModified } = this;
    const ifRange = request.headers['if-range'];
    const isOther = manners.ignoresIfRange !== true && ifRange !== undefined && ifRange !== etag;
    const whole = asked === undefined || isOther || manners.ignoresRange === true;
    const { start, end } = whole ? { start: 0, end: content.length } : asked;
    const last = Math.min(end, content.length, whole ? Infinity : start + (manners.longestPart ?? Infinity)) - 1;
    const headers: OutgoingHttpHeaders = { etag, 'last-modified': lastModified };
    let status = whole ? 200 : 206;
    let body: Uint8Array = content.subarray(start, last + 1);
    if (!whole && start > last) {
      status = 416;
      headers['content-range'] = `bytes */${content.length}`;
      body = new Uint8Array(0);
    } else if (!whole) headers['content-range'] = `bytes ${start}-${last}/${content.length}`;
    body = manners.body ?? body;
    headers['content-length'] = body.length;
    exchange.status = manners.status ?? status;
    for (const [name, value] of Object.entries({ ...headers, ...manners.headers })) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.writeHead(exchange.status);
    response.flushHeaders();
    await this.#send(exchange, body, manners);
  }

  async #send(
    exchange: Exchange,
    body: Uint8Array,
    { cutAfter = Infinity, stallAfter = Infinity }: Manners,
  ): Promise<void> {
    const { response } = exchange;
    const until = Math.min(body.length, cutAfter, stallAfter);
    const isLeft = (): boolean => response.destroyed;
    while (exchange.sent < until && !isLeft()) {
      const slice = body.subarray(exchange.sent, Math.min(until, exchange.sent + Math.min(SLICE, this.budget)));
      await this.#turn(slice.length);
      if (isLeft()) return;
      if (slice.length === 0) {
        if (this.whenSpent === 'cut') response.destroy();
        return;
      }
      exchange.sent += slice.length;
      this.budget -= slice.length;
      if (!response.write(slice)) await room(response);
    }
    if (until === body.length) response.end();
    else if (until === cutAfter) response.destroy();
  }

  async #turn(bytes: number): Promise<void> {
    if (this.slowdown !== undefined && this.sent >= this.slowdown.after) {
      this.bytesPerSecond = this.slowdown.bytesPerSecond;
      this.slowdown = undefined;
    }
    if (this.bytesPerSecond === Infinity) return;
    const now = performance.now();
    this.#free = Math.max(this.#free, now) + (bytes / this.bytesPerSecond) * 1000;
    await delay(this.#free - now);
  }

  /** Sets the headers of CORS; true if that was all that was asked. */
  #isPreflight({ allowHeaders, exposeHeaders }: Cors, request: IncomingMessage, response: ServerResponse): boolean {
    response.setHeader('access-control-allow-origin', '*');
    if (request.method === 'OPTIONS') {
      this.preflights.push(request.headers['access-control-request-headers'] ?? '');
      if (allowHeaders !== undefined) response.setHeader('access-control-allow-headers', allowHeaders);
      response.writeHead(204).end();
      return true;
    }
    if (exposeHeaders !== undefined) response.setHeader('access-control-expose-headers', exposeHeaders);
    return false;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === QUIET) {
      response.end();
      return;
    }
    if (this.cors !== undefined && this.#isPreflight(this.cors, request, response)) return;
    const asked = parse(request.headers.range);
    const exchange: Exchange = {
      request,
      response,
      asked,
      number: this.exchanges.length,
      sent: 0,
      status: 0,
      aborted: false,
    };
    this.exchanges.push(exchange);
    this.active += 1;
    this.mostActive = Math.max(this.mostActive, this.active);
    response.once('close', () => {
      this.active -= 1;
      exchange.aborted = !response.writableEnded;
    });
    if (this.latency > 0) await delay(this.latency);
    if (!response.destroyed) await this.handle(exchange);
  }
}

/** Resolves when the client has taken what was sent, or has gone. */
export async function room(response: ServerResponse): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  const events = ['drain', 'close'].map((event) => once(response, event, { signal }).catch(() => undefined));
  await Promise.race(events);
  settled.abort();
}

function parse(header: string | undefined): ByteRange | undefined {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(header ?? '') ?? [];
  return last === undefined ? undefined : { start: Number(first), end: Number(last) + 1 };
}
