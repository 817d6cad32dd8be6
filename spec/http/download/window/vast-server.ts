import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, expect } from '@jest/globals';
import type { ByteRange } from 'tidemark';
import { makeContent } from '../../fixtures.js';
import { room } from '../../test-server.js';

/** No divisor of it is near a block's length, or a power of two. */
const PERIOD = 1_000_003;
const SLICE = 65_536;
const pattern = makeContent(PERIOD);
const twice = Buffer.concat([pattern, pattern.subarray(0, SLICE)]);

/** The bytes at an offset, at most {@link SLICE}. */
function sliceAt(offset: number, length: number): Buffer {
  const from = offset % PERIOD;
  return twice.subarray(from, from + length);
}

/** These bytes are those of the content at `offset`. */
export function expectVast(offset: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; at += SLICE) {
    const part = bytes.subarray(at, at + SLICE);
    expect(Buffer.compare(part, sliceAt(offset + at, part.length))).toBe(0);
  }
}

const started = new Set<Server>();

afterEach(() => {
  for (const server of started) {
    server.close();
    server.closeAllConnections();
  }
  started.clear();
});

/** A real web server of content that is made from offsets, however long it is. */
export class VastServer {
  readonly length: number;
  readonly url: string;
  /** Whether it answers parts; else everything. */
  ranges = true;
  /** Between a request and the first byte of its answer, in milliseconds. */
  latency = 0;
  /** Of each answer. */
  bytesPerSecond = Infinity;
  /** What was asked for, half-open; undefined: everything. */
  readonly asked: (ByteRange | undefined)[] = [];
  /** How many bytes it has sent. */
  sent = 0;

  private constructor(server: Server, length: number) {
    this.length = length;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/film.mkv`;
    server.on('request', (request: IncomingMessage, response: ServerResponse) => void this.#answer(request, response));
  }

  static async start(length: number): Promise<VastServer> {
    const server = createServer({ highWaterMark: SLICE }).listen(0, '127.0.0.1');
    started.add(server);
    await once(server, 'listening');
    return new VastServer(server, length);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
    const asked = last === undefined ? undefined : { start: Number(first), end: Number(last) + 1 };
    this.asked.push(asked);
    const { start, end } = this.ranges && asked !== undefined ? asked : { start: 0, end: this.length };
    const until = Math.min(end, this.length);
    const isPart = this.ranges && asked !== undefined;
    if (isPart) response.setHeader('content-range', `bytes ${start}-${until - 1}/${this.length}`);
    response.setHeader('content-length', until - start);
    response.setHeader('etag', '"vast"');
    if (this.latency > 0) await delay(this.latency);
    response.writeHead(isPart ? 206 : 200);
    await this.#send(response, start, until);
  }

  async #send(response: ServerResponse, start: number, end: number): Promise<void> {
    const begin = performance.now();
    const step = this.bytesPerSecond === Infinity ? SLICE : Math.min(SLICE, this.bytesPerSecond / 200);
    const isLeft = (): boolean => response.destroyed;
    for (let at = start; at < end && !isLeft(); at += step) {
      const early = ((at - start) / this.bytesPerSecond) * 1000 - (performance.now() - begin);
      if (early > 1) await delay(early);
      if (isLeft()) return;
      const length = Math.min(step, end - at);
      this.sent += length;
      if (!response.write(sliceAt(at, length))) await room(response);
    }
    response.end();
  }
}
