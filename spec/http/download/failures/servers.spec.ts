import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { download } from 'tidemark/http';
import { AT_ONCE, complete, content, expectCommitted, failure, newResource, SMALL_CHUNKS } from '../../fixtures.js';
import { type Exchange, type Manners, TestServer } from '../../test-server.js';
import { range } from '../../../support/range.js';

describe('a server that allows one connection', () => {
  it.each<[string, Manners]>([
    ['429, and a long wait', { status: 429, body: Buffer.alloc(0), headers: { 'retry-after': 3600 } }],
    ['503', { status: 503, body: Buffer.alloc(0), headers: { 'content-range': undefined } }],
    ['a reset', { cutAfter: 0 }],
  ])('is asked one request at a time, and nothing fails for it: %s', async (_, refusal) => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 2_000_000;
    server.latency = 10;
    let refused = 0;
    let serving = 0;
    server.handle = async (exchange) => {
      if (serving === 0) {
        serving += 1;
        await server.serve(exchange);
        serving -= 1;
        return undefined;
      }
      refused += 1;
      return refusal.cutAfter === 0 ? exchange.response.destroy() : server.serve(exchange, refusal);
    };
    const resource = newResource();
    const start = firstValueFrom(resource.read(range(0, 300_000)));
    const completed = complete(resource, server.url, { ...SMALL_CHUNKS, retry: false });
    await firstValueFrom(resource.writes$);
    const middle = firstValueFrom(resource.read(range(500_000, 500_100)));
    await completed;
    expectCommitted(resource, content);
    await Promise.all([start, middle]);
    expect(refused).toBeGreaterThan(0);
  });
});

describe('a server that counts a request still that is over, and resets the next one', () => {
  it('is asked for no less by that: the connection did not break', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 10_000_000;
    let serving = 0;
    server.handle = async (exchange) => {
      if (serving > 0) return exchange.response.destroy();
      serving += 1;
      await server.serve(exchange);
      await delay(20);
      serving -= 1;
      return undefined;
    };
    const resource = newResource();
    const start = firstValueFrom(resource.read(range(0, 300_000)));
    const completed = complete(resource, server.url, SMALL_CHUNKS);
    await firstValueFrom(resource.writes$);
    const middle = firstValueFrom(resource.read(range(500_000, 500_100)));
    await completed;
    expectCommitted(resource, content);
    await Promise.all([start, middle]);
    // It served one of two, and was asked for 10 parts.
    expect(server.exchanges.length).toBeLessThan(40);
  });
});

describe('a request that fails while another one brings bytes', () => {
  it('does not end the download, however often', async () => {
    const server = await TestServer.start(content, '"v1"');
    // The other one brings bytes for more than a second; all refusals come within the first tenth.
    server.bytesPerSecond = 500_000;
    let refused = 0;
    server.handle = (exchange) => {
      if (exchange.asked?.start !== 800_000 || refused === 6) return server.serve(exchange);
      refused += 1;
      const nothing = { body: Buffer.alloc(0), headers: { 'content-range': undefined } };
      return server.serve(exchange, { status: 500, ...nothing });
    };
    const resource = newResource();
    const first = firstValueFrom(resource.read(range(0, 700_000)));
    const reading = download(resource, server.url, { retry: { count: 1, delay: 1 }, chunkSize: 700_000 });
    const ended = new Promise((resolve) => reading.subscribe({ error: resolve, complete: () => resolve('complete') }));
    await firstValueFrom(resource.writes$);
    const last = firstValueFrom(resource.read(range(800_000, 800_100)));
    expect(await ended).toBe('complete');
    await Promise.all([first, last]);
    expectCommitted(resource, content);
    expect(refused).toBe(6);
  });
});

describe('a request that trickles', () => {
  const minRate = { bytesPerSecond: 10_000, ms: 300 };

  /** A byte every 20 milliseconds. */
  function trickle({ asked, response }: Exchange): void {
    const { start = 0, end = 0 } = asked ?? {};
    const last = Math.min(end, content.length) - 1;
    if (asked === undefined) response.writeHead(200, { etag: '"v1"', 'content-length': content.length });
    else response.writeHead(206, { etag: '"v1"', 'content-range': `bytes ${start}-${last}/${content.length}` });
    let at = start;
    const timer = setInterval(() => {
      if (response.destroyed) clearInterval(timer);
      else response.write(content.subarray(at, (at += 1)));
    }, 20);
  }

  it('is given up for another if somebody waits for it', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => (exchange.number === 0 ? trickle(exchange) : server.serve(exchange));
    const resource = newResource();
    const read = firstValueFrom(resource.read(range(5000, 6000)));
    await complete(resource, server.url, { ...AT_ONCE, minRate });
    expect(Buffer.compare(await read, content.subarray(5000, 6000))).toBe(0);
    expectCommitted(resource, content);
    expect(server.exchanges[0]?.aborted).toBe(true);
  });

  it('is left alone if the next one trickles, too', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      trickle(exchange);
    };
    const resource = newResource();
    const downloading = download(resource, server.url, { ...AT_ONCE, minRate }).subscribe();
    await firstValueFrom(resource.read(range(0, 100)));
    expect(server.exchanges).toHaveLength(2);
    downloading.unsubscribe();
  });

  it.each([
    ['nobody waits for it', false, minRate],
    ['it may be as slow as it likes', true, 0],
  ])('is left alone if %s', async (_, waits, rate) => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      trickle(exchange);
    };
    const resource = newResource();
    if (waits) resource.waitRange(range(0, 5000)).subscribe({ error: () => undefined });
    const downloading = download(resource, server.url, { ...AT_ONCE, minRate: rate }).subscribe();
    await firstValueFrom(resource.waitRange(range(0, 50), { passive: true }));
    expect(server.exchanges).toHaveLength(1);
    downloading.unsubscribe();
  });

  it('is left alone if the server has no ranges: what it brought would be lost', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      trickle({ ...exchange, asked: undefined });
    };
    const resource = newResource();
    const downloading = download(resource, server.url, { ...AT_ONCE, minRate }).subscribe();
    await firstValueFrom(resource.read(range(0, 50)));
    expect(server.exchanges).toHaveLength(1);
    downloading.unsubscribe();
  });
});

describe('a url function that never settles', () => {
  it('is a stall: it is called again, and given up in the end', async () => {
    const server = await TestServer.start(content, '"v1"');
    let calls = 0;
    const never = new Promise<string>(() => undefined);
    const resource = newResource();
    await complete(resource, () => (++calls < 3 ? never : server.url), { ...AT_ONCE, timeout: 1000 });
    expectCommitted(resource, content);
    expect(calls).toBe(3);
    const error = await failure(newResource(), () => never, { retry: { count: 1, delay: 0 }, timeout: 50 });
    expect(error).toMatchObject({ code: 'TIMEOUT' });
    expect(error.message).toContain('url function');
  });
});
