import { describe, expect, it } from '@jest/globals';
import { AT_ONCE, complete, expectCommitted, failure, newResource, content } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

describe('a server that refuses', () => {
  it.each([204, 400, 401, 403, 404, 405, 410, 451])('with %i is believed: that is final', async (status) => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      server.serve(exchange, { status, body: Buffer.from('no'), headers: { 'content-range': undefined } });
    const resource = newResource();
    const error = await failure(resource, `${server.url}?signature=secret`, AT_ONCE);
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: status });
    expect(error.message).toContain(`${server.url}?…: the server answered ${status} `);
    expect(error.message).not.toContain('secret');
    expect(server.exchanges).toHaveLength(1);
    expect(resource.coveredBytes).toBe(0);
    expect(resource.status).toEqual({ state: 'failed', reason: error.message });
  });

  it.each([408, 425, 429, 500, 501, 502, 503, 504, 520, 529, 599])('with %i is asked again', async (status) => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      exchange.number % 2 === 0
        ? server.serve(exchange, { status, body: Buffer.from('not now') })
        : server.serve(exchange);
    const resource = newResource();
    await complete(resource, server.url, AT_ONCE);
    expectCommitted(resource, content);
  });

  it('is asked again no sooner than it says, by no request', async () => {
    const server = await TestServer.start(content);
    const times: number[] = [];
    server.handle = (exchange) => {
      times.push(performance.now());
      if (exchange.number > 0) return server.serve(exchange);
      setTimeout(() => resource.waitRange(range(500_000, 500_001)).subscribe(), 200);
      return server.serve(exchange, { status: 429, body: Buffer.alloc(0), headers: { 'retry-after': 1 } });
    };
    const resource = newResource();
    await complete(resource, server.url, AT_ONCE);
    expect(times[1] ?? 0).toBeGreaterThanOrEqual((times[0] ?? 0) + 990);
    expectCommitted(resource, content);
  });

  it('over and over is left alone for longer and longer, whatever is waited for meanwhile', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      server.serve(exchange, { status: 503, body: Buffer.alloc(0), headers: { 'content-range': undefined } });
    const resource = newResource();
    let waiting = resource.waitRange(range(0, 1)).subscribe();
    const hopping = setInterval(() => {
      waiting.unsubscribe();
      const start = Math.floor(Math.random() * 900_000);
      waiting = resource.waitRange({ start, end: start + 1 }).subscribe({ error: () => undefined });
    }, 5);
    expect(await failure(resource, server.url, { retry: { count: 4, delay: 50 } })).toMatchObject({
      code: 'HTTP',
      httpStatus: 503,
    });
    clearInterval(hopping);
    waiting.unsubscribe();
    expect(server.exchanges.length).toBeLessThan(40);
  });

  it.each([403, 404, 413])('with %i and Retry-After is asked again', async (status) => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      exchange.number === 0
        ? server.serve(exchange, { status, body: Buffer.alloc(0), headers: { 'retry-after': 0 } })
        : server.serve(exchange);
    const resource = newResource();
    await complete(resource, server.url, AT_ONCE);
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(2);
  });

  it('and wants more patience than there is ends the download, and the error says how long it wants', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => server.serve(exchange, { status: 503, headers: { 'retry-after': 121 } });
    expect(await failure(newResource(), server.url)).toMatchObject({
      code: 'HTTP',
      httpStatus: 503,
      retryAfterMs: 121_000,
    });
    expect(await failure(newResource(), server.url, { retry: { patience: 60_000 } })).toMatchObject({ code: 'HTTP' });
    expect(server.exchanges).toHaveLength(2);
  });

  it('until a date, of a clock that is ahead by ten minutes, is asked again when that has come there', async () => {
    const server = await TestServer.start(content);
    const times: number[] = [];
    server.handle = (exchange) => {
      times.push(performance.now());
      if (exchange.number > 0) return server.serve(exchange);
      const now = Date.now() + 600_000;
      const headers = { date: new Date(now).toUTCString(), 'retry-after': new Date(now + 1000).toUTCString() };
      return server.serve(exchange, { status: 503, body: Buffer.alloc(0), headers });
    };
    const resource = newResource();
    await complete(resource, server.url, { retry: { delay: 0, patience: 5000 } });
    expectCommitted(resource, content);
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('a range that is there, by what it has said itself, ends the download with HTTP', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      exchange.number === 0
        ? server.serve(exchange)
        : server.serve(exchange, {
            status: 416,
            body: Buffer.alloc(0),
            headers: { 'content-range': `bytes */${content.length}` },
          });
    const resource = newResource();
    const error = await failure(resource, server.url, { ...AT_ONCE, chunkSize: 400_000, concurrency: 1 });
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: 416 });
    expect(resource.coveredBytes).toBe(400_000);
  });

  it('can be tried once more: a failed resource is reactivated, and only what is missing is fetched', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      exchange.number < 2 ? server.serve(exchange) : server.serve(exchange, { status: 404, body: Buffer.alloc(0) });
    const resource = newResource();
    await failure(resource, server.url, { ...AT_ONCE, chunkSize: 300_000, concurrency: 1 });
    expect(resource.status.state).toBe('failed');
    await server.quiet();
    server.handle = (exchange) => server.serve(exchange);
    server.exchanges = [];
    await complete(resource, server.url);
    expect(server.asked).toEqual([range(600_000, 1_000_000)]);
    expectCommitted(resource, content);
  });
});

describe('a redirect', () => {
  it('that leads round in circles is an error', async () => {
    const server = await TestServer.start(content);
    server.handle = ({ response }) => response.writeHead(302, { location: '/song.flac' }).end();
    expect(await failure(newResource(), server.url, { retry: false })).toMatchObject({ code: 'HTTP' });
  });
});

describe('a URL that is made by a function', () => {
  it('is asked for once as long as it works, and anew when it is refused', async () => {
    const server = await TestServer.start(content, '"v1"');
    let made = 0;
    server.handle = (exchange) => {
      const version = Number(new URL(exchange.request.url ?? '', server.origin).searchParams.get('signature'));
      // Each works for two requests.
      if (exchange.number >= 3 * version - 1)
        return server.serve(exchange, { status: 403, body: Buffer.from('expired') });
      return server.serve(exchange);
    };
    const resource = newResource();
    await complete(resource, () => Promise.resolve(`${server.url}?signature=${++made}`), {
      chunkSize: 200_000,
      concurrency: 1,
      retry: false,
    });
    expectCommitted(resource, content);
    expect(made).toBe(3);
  });

  it('is not made again and again when the first is refused', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => server.serve(exchange, { status: 403, body: Buffer.alloc(0) });
    let made = 0;
    const error = await failure(newResource(), () => (made++, new URL(server.url)), AT_ONCE);
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: 403 });
    expect([made, server.exchanges.length]).toEqual([1, 1]);
  });

  it('ends the download when the function throws', async () => {
    const resource = newResource();
    const error = await failure(resource, () => Promise.reject(new Error('not logged in')), AT_ONCE);
    expect(error.message).toBe('not logged in');
    expect(resource.status).toEqual({ state: 'failed', reason: 'not logged in' });
  });
});
