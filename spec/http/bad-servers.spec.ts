import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { download } from 'tidemark/http';
import {
  AT_ONCE,
  complete,
  expectCommitted,
  expectNothingElse,
  failure,
  makeContent,
  newResource,
} from './fixtures.js';
import { TestServer } from './test-server.js';

const content = makeContent(1_000_000);
const other = Buffer.alloc(1_000_000, 'x');
const SMALL_CHUNKS = { ...AT_ONCE, chunkSize: 100_000 };

describe('a server without ranges', () => {
  it('is asked once, and sends everything in one pass', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true });
    server.bytesPerSecond = 5_000_000;
    const resource = newResource();
    const tail = firstValueFrom(resource.read({ start: 900_000, end: 1_000_000 }));
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(Buffer.compare(await tail, content.subarray(900_000))).toBe(0);
    expect(server.exchanges.filter(({ aborted }) => !aborted)).toHaveLength(1);
    expect(server.sent).toBeLessThan(content.length + 100_000);
  });

  it('does not even tell the length', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      server.serve(exchange, { ignoresRange: true, headers: { 'content-length': undefined } });
    const resource = newResource();
    await complete(resource, server.url);
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(1);
  });

  it('fills only the gaps of what is there', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true });
    const resource = newResource();
    resource.writeAt(200_000, content.subarray(200_000, 300_000));
    const written: number[] = [];
    resource.writes$.subscribe(({ start, end }) => written.push(end - start));
    await complete(resource, server.url);
    expectCommitted(resource, content);
    expect(written.reduce((sum, length) => sum + length)).toBe(900_000);
  });

  it('is cut, and starts over, until all is there', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      server.serve(exchange, { ignoresRange: true, cutAfter: 150_000 * (exchange.number + 1) });
    const resource = newResource();
    await complete(resource, server.url, AT_ONCE);
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(7);
  });

  it('is given up when it never gets further', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true, cutAfter: 150_000 });
    const resource = newResource();
    expect(await failure(resource, server.url, { retry: { count: 3, delay: 0 } })).toMatchObject({ code: 'HTTP' });
    expect(server.exchanges).toHaveLength(4);
    expect(resource.status.state).toBe('failed');
    expectNothingElse(resource, content);
  });

  it('sends other bytes the second time, which nothing but the bytes tells', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => {
      server.content = exchange.number === 0 ? content : other;
      return server.serve(exchange, { ignoresRange: true, cutAfter: exchange.number === 0 ? 150_000 : Infinity });
    };
    const resource = newResource();
    expect(await failure(resource, server.url, AT_ONCE)).toMatchObject({ code: 'CHANGED' });
    expectNothingElse(resource, content);
  });
});

describe('a server whose answers do not fit', () => {
  it.each([
    ['begins elsewhere', 'bytes 1-100000/1000000'],
    ['ends before it begins', 'bytes 0--1/1000000'],
    ['ends behind the end', 'bytes 0-99999/100'],
    ['is no range', 'nonsense'],
  ])('is not believed: its Content-Range %s', async (_, contentRange) => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { headers: { 'content-range': contentRange } });
    const resource = newResource();
    const error = await failure(resource, server.url, { ...SMALL_CHUNKS, retry: { count: 2, delay: 0 } });
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: 206 });
    expect(error.message).toContain(JSON.stringify(contentRange));
    expect(server.exchanges).toHaveLength(3);
    expect(resource.coveredBytes).toBe(0);
  });

  it('is asked again: it was a slip', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      server.serve(exchange, exchange.number % 2 === 0 ? { headers: { 'content-range': 'bytes 7-9/10' } } : {});
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
  });

  it('sends parts that do not say where they belong: it is asked for everything', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { headers: { 'content-range': undefined } });
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(server.asked).toEqual([{ start: 0, end: 100_000 }, undefined]);
    expect(server.exchanges[1]?.request.headers['accept-encoding']).toBe('identity');
  });

  it('sends less than was asked for, and says so: it is asked for the rest', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0 } = exchange.asked ?? {};
      const end = Math.min(start + 70_000, content.length);
      const headers = { 'content-range': `bytes ${start}-${end - 1}/${content.length}` };
      return server.serve(exchange, { headers, body: content.subarray(start, end) });
    };
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
  });

  it('sends less than it says: it is asked for the rest', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const body = content.subarray(start, Math.min(end, start + 30_000));
      return server.serve(exchange, { headers: { 'content-length': undefined }, body });
    };
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
  });

  it('sends nothing, and says it would: it is given up', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      server.serve(exchange, { headers: { 'content-length': undefined }, body: new Uint8Array(0) });
    const error = await failure(newResource(), server.url, { ...SMALL_CHUNKS, retry: { count: 1, delay: 0 } });
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: 206 });
    expect(error.message).toContain('100000 bytes before the end');
  });

  it('sends more than it says: what is too much is dropped', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const body = Buffer.concat([content.subarray(start, end), other.subarray(0, 50_000)]);
      return server.serve(exchange, { headers: { 'content-length': undefined }, body });
    };
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
  });

  it('says two lengths of one answer: nothing of it is written', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { body: content });
    const resource = newResource();
    const error = await failure(resource, server.url, { ...SMALL_CHUNKS, retry: 0 });
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: 206 });
    expect(error.message).toContain('1000000 bytes long');
    expect(resource.coveredBytes).toBe(0);
  });

  it('has fewer bytes than it said at first', async () => {
    const server = await TestServer.start(content.subarray(0, 250_000), '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const last = Math.min(end, 250_000) - 1;
      if (start > last) return server.serve(exchange);
      return server.serve(exchange, {
        headers: { 'content-range': `bytes ${start}-${end - 1}/1000000`, 'content-length': undefined },
      });
    };
    const resource = newResource();
    expect(await failure(resource, server.url, SMALL_CHUNKS)).toMatchObject({ code: 'CHANGED' });
    expectNothingElse(resource, content);
  });

  it('does not know how long the content is', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      if (start >= content.length) return server.serve(exchange, { headers: { 'content-range': undefined } });
      return server.serve(exchange, {
        headers: { 'content-range': `bytes ${start}-${Math.min(end, content.length) - 1}/*` },
      });
    };
    const resource = newResource();
    const behind = firstValueFrom(resource.waitRange({ start: 5_000_000, end: 5_000_001 }));
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(await behind).toBe('eof');
  });
});

describe('a connection that breaks', () => {
  it('is made again, and what came is kept', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { cutAfter: 30_000 });
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    // What the client had not read yet when the connection was reset was sent in vain.
    expect(server.sent).toBeLessThan(2 * content.length);
  });

  it('at random, over and over: subscribed again as often as it takes, the download completes', async () => {
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
      const code = await complete(resource, server.url, { chunkSize: 80_000, retry: false }).then(
        () => undefined,
        (error: unknown) => (error as { code: string }).code,
      );
      const { state } = resource.status;
      expect([code, state]).toEqual(code === undefined ? [undefined, 'committed'] : ['HTTP', 'failed']);
      expectNothingElse(resource, content);
    }
    expect(subscriptions).toBeGreaterThan(5);
    expectCommitted(resource, content);
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

  it('is none: nobody listens', async () => {
    const server = await TestServer.start(content);
    server.close();
    const resource = newResource();
    const error = await failure(resource, server.url, { retry: false, onError: 'leave' });
    expect(error.code).toBe('HTTP');
    expect(error.message).toContain('ECONNREFUSED');
    expect(resource.status.state).toBe('active');
  });

  it('waits longer from failure to failure', async () => {
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
    const error = await failure(resource, server.url, { timeout: 50, retry: false });
    expect(error.code).toBe('TIMEOUT');
    expect(error.message).toContain('50 ms');
    expect(resource.coveredBytes).toBe(30_000);
    while (server.active > 0) await delay(5);
  });

  it('holds the connection open when all is there: nobody waits for it', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = ({ response, asked }) => {
      const { start = 0, end = 0 } = asked ?? {};
      response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.length}`, etag: '"v1"' });
      response.write(content.subarray(start, end));
    };
    const resource = newResource();
    await complete(resource, server.url, { chunkSize: 250_000, timeout: 100, retry: false });
    expectCommitted(resource, content);
    while (server.active > 0) await delay(5);
  });
});

describe('compressed content', () => {
  const text = Buffer.from('tide '.repeat(100_000));
  const gzip = { 'content-encoding': 'gzip' };

  it('is taken as a whole, and has the length that it has when it is not compressed', async () => {
    const server = await TestServer.start(gzipSync(text), '"v1"');
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true, headers: gzip });
    const resource = newResource();
    await complete(resource, server.url);
    expectCommitted(resource, text);
  });

  it('is of no use in parts: it is asked for as a whole', async () => {
    const server = await TestServer.start(gzipSync(text), '"v1"');
    server.handle = (exchange) => server.serve(exchange, { headers: gzip });
    const resource = newResource();
    await complete(resource, server.url, { chunkSize: 100 });
    expectCommitted(resource, text);
    expect(server.asked).toEqual([{ start: 0, end: 100 }, undefined]);
  });
});

describe('empty content', () => {
  it.each([
    ['416, and the length', {}],
    ['416 without a word', { headers: { 'content-range': undefined } }],
    ['200', { ignoresRange: true }],
    ['200 without a length', { ignoresRange: true, headers: { 'content-length': undefined } }],
  ])('is committed: %s', async (_, manners) => {
    const server = await TestServer.start(Buffer.alloc(0), '"v1"');
    server.handle = (exchange) => server.serve(exchange, manners);
    const resource = newResource();
    await complete(resource, server.url, AT_ONCE);
    expect(resource.status).toEqual({ state: 'committed', finalLength: 0 });
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
    const { coveredBytes } = resource;
    const requests = server.exchanges.length;
    while (server.active > 0) await delay(5);
    await delay(50);
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
