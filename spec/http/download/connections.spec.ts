import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { download } from 'tidemark/http';
import {
  AT_ONCE,
  complete,
  expectCommitted,
  expectNothingElse,
  failure,
  newResource,
  content,
  SMALL_CHUNKS,
} from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { codeOf } from '../../support/code-of.js';

describe('a connection that breaks', () => {
  it('is made again, and what came is kept', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const asked: { start: number; isThere: boolean }[] = [];
    server.handle = (exchange) => {
      const start = exchange.asked?.start ?? 0;
      asked.push({ start, isThere: resource.has({ start, end: start + 1 }) });
      return server.serve(exchange, { cutAfter: 30_000 });
    };
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(asked.length).toBeGreaterThan(content.length / 65_536);
    expect(asked.filter(({ isThere }) => isThere)).toEqual([]);
  });

  it('at random, over and over, keeps no download from completing that is subscribed to again', async () => {
    const server = await TestServer.start(content, '"v1"');
    let seed = 7;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    server.handle = (exchange) => {
      if (random() < 0.3) return exchange.response.destroy();
      return server.serve(exchange, { cutAfter: Math.floor(random() * 60_000) });
    };
    const resource = newResource();
    let subscriptions = 0;
    while (resource.status.state !== 'committed') {
      subscriptions += 1;
      const code = await codeOf(complete(resource, server.url, { chunkSize: 80_000, retry: false }));
      const { state } = resource.status;
      expect([code, state]).toEqual(code === undefined ? [undefined, 'committed'] : ['HTTP', 'failed']);
      expectNothingElse(resource, content);
    }
    expect(subscriptions).toBeGreaterThan(5);
    expectCommitted(resource, content);
  });

  it('before anything of an answer can be read has less asked for, until an answer gets through', async () => {
    const server = await TestServer.start(content, '"v1"');
    // What the platform drops with the connection: the end comes with the bytes.
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const last = Math.min(end, content.length) - 1;
      if (last - start < 30_000) return server.serve(exchange);
      const head = `content-range: bytes ${start}-${last}/${content.length}\r\netag: "v1"\r\ncontent-length: ${last - start + 1}`;
      return exchange.response.socket?.end(`HTTP/1.1 206 Partial Content\r\n${head}\r\n\r\n`);
    };
    const resource = newResource();
    let subscriptions = 0;
    while (resource.status.state !== 'committed' && subscriptions < 200) {
      subscriptions += 1;
      await complete(resource, server.url, { retry: false }).catch(() => undefined);
    }
    expectCommitted(resource, content);
    // The size that gets through is remembered.
    expect(subscriptions).toBeLessThan(100);
    expect(server.exchanges.length).toBeLessThan(150);
  });

  it('is given up after so many failures in a row, with what the platform says', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = ({ response }) => response.destroy();
    const resource = newResource();
    const error = await failure(resource, server.url, { retry: { count: 2, delay: 1 } });
    expect(error).toMatchObject({ code: 'HTTP', cause: expect.anything() as unknown });
    expect(error).not.toHaveProperty('httpStatus');
    expect(error.message).toContain('the connection failed');
    expect(server.exchanges).toHaveLength(3);
    expect(resource.status).toEqual({ state: 'failed', reason: error.message });
  });

  it('is HTTP where nobody listens, with what the platform says', async () => {
    const server = await TestServer.start(content);
    server.close();
    const resource = newResource();
    const error = await failure(resource, server.url, { retry: false, onError: 'leave' });
    expect(error.code).toBe('HTTP');
    expect(error.message).toContain('ECONNREFUSED');
    expect(resource.status.state).toBe('active');
  });

  it('is made again after a longer time from failure to failure', async () => {
    const server = await TestServer.start(content);
    const times: number[] = [];
    server.handle = ({ response }) => {
      times.push(performance.now());
      response.destroy();
    };
    await failure(newResource(), server.url, { retry: { count: 4, delay: 20, maxDelay: 100 } });
    const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
    [10, 20, 40, 50].forEach((least, i) => expect(waits[i]).toBeGreaterThanOrEqual(least - 1));
  });
});

describe('a server that stalls', () => {
  it.each([
    ['before it answers', (server: TestServer) => () => [server]],
    [
      'in the middle of an answer',
      (server: TestServer) => (exchange: Parameters<TestServer['serve']>[0]) =>
        server.serve(exchange, { stallAfter: 30_000 }),
    ],
  ])('is left, and asked again: %s', async (_, stall) => {
    const server = await TestServer.start(content, '"v1"');
    const stalls = stall(server);
    server.handle = (exchange) => (exchange.number % 2 === 0 ? stalls(exchange) : server.serve(exchange));
    const resource = newResource();
    await complete(resource, server.url, { chunkSize: 500_000, timeout: 100, retry: { delay: 0 } });
    expectCommitted(resource, content);
    expect(server.exchanges.length).toBeGreaterThan(2);
  });

  it('is given up with TIMEOUT', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { stallAfter: 30_000 });
    const resource = newResource();
    const error = await failure(resource, server.url, { timeout: 1000, retry: false });
    expect(error.code).toBe('TIMEOUT');
    expect(error.message).toContain('1000 ms');
    expect(resource.coveredBytes).toBe(30_000);
    await server.quiet();
  });

  it('is not waited for when all is there, though it holds the connection open', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = ({ response, asked }) => {
      const { start = 0, end = 0 } = asked ?? {};
      response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.length}`, etag: '"v1"' });
      response.write(content.subarray(start, end));
    };
    const resource = newResource();
    await complete(resource, server.url, { chunkSize: 250_000, timeout: 1000, retry: false });
    expectCommitted(resource, content);
    await server.quiet();
  });
});

describe('unsubscribing from a download', () => {
  it('leaves no request, timer or rejection, whenever it is done', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      if (exchange.number % 3 === 0) return exchange.response.destroy();
      if (exchange.number % 3 === 1) return server.serve(exchange, { status: 503, body: Buffer.from('later') });
      return server.serve(exchange, { cutAfter: 40_000 });
    };
    const rejections: unknown[] = [];
    const keep = (reason: unknown): number => rejections.push(reason);
    process.on('unhandledRejection', keep);
    const resource = newResource();
    for (let after = 0; after < 40; after++) {
      const subscription = download(resource, server.url, { retry: { delay: 3 } }).subscribe();
      await delay(after % 14);
      subscription.unsubscribe();
      expect(resource.status.state).toBe('active');
    }
    // What was on its way to the server then.
    await server.quiet();
    const { coveredBytes } = resource;
    const requests = server.exchanges.length;
    await delay(100);
    process.off('unhandledRejection', keep);
    expect({ rejections, coveredBytes: resource.coveredBytes, requests: server.exchanges.length }).toEqual({
      rejections: [],
      coveredBytes,
      requests,
    });
    expectNothingElse(resource, content);
    await complete(resource, server.url, AT_ONCE);
    expectCommitted(resource, content);
  });
});
