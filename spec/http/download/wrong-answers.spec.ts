import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import {
  AT_ONCE,
  complete,
  expectCommitted,
  expectNothingElse,
  failure,
  newResource,
  content,
  other,
  SMALL_CHUNKS,
} from '../fixtures.js';
import { type Exchange, TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

/**
 * Serves a part with bytes of something else behind it, or instead of it, that its headers do not
 * speak of.
 */
function serveMore(server: TestServer, exchange: Exchange, more: boolean, instead = false): Promise<void> {
  const { asked } = exchange;
  if (!more || asked === undefined) return server.serve(exchange);
  const part = server.content.subarray(asked.start, asked.end);
  const junk = other.subarray(0, 50_000);
  const body = Buffer.concat(instead ? [junk, part] : [part, junk]);
  return server.serve(exchange, { headers: { 'content-length': undefined }, body });
}

describe('a server whose answers do not fit', () => {
  it.each([
    ['begins elsewhere', 'bytes 1-100000/1000000'],
    ['ends behind the end, and the body does not', 'bytes 0-99999/100'],
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

  it.each([
    ['is missing', undefined],
    ['ends before it begins', 'bytes 0--1/1000000'],
    ['begins behind the end', 'bytes 100-199/100'],
    ['is of no bytes', 'seconds 0-9/100'],
    ['is no range', 'nonsense'],
    ['is of no part', 'bytes */1000000'],
    ['is two', 'bytes 0-99999/1000000, bytes 0-4/5'],
  ])('sends parts of no use: it is asked for everything. Their Content-Range %s', async (_, contentRange) => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { headers: { 'content-range': contentRange } });
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(server.asked).toEqual([range(0, 100_000), undefined]);
    expect(server.exchanges[1]?.request.headers['accept-encoding']).toBe('identity');
  });

  it('is asked again: it was a slip', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      server.serve(exchange, exchange.number % 2 === 0 ? { headers: { 'content-range': 'bytes 7-9/10' } } : {});
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
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

  it('sends more than it says, once: what is too much is dropped', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => serveMore(server, exchange, exchange.number === 3);
    const resource = newResource();
    await complete(resource, server.url, { ...SMALL_CHUNKS, concurrency: 1 });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(10);
  });

  it('sends more than it says over and over: it is asked for everything, and what came is written over', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => serveMore(server, exchange, true, true);
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(server.asked.at(-1)).toBeUndefined();
    expect(server.asked.filter((range) => range === undefined)).toHaveLength(1);
  });

  it('sends more than it says in the last answer, which makes nothing complete: it is asked for everything', async () => {
    const server = await TestServer.start(content.subarray(0, 50_000), '"v1"');
    server.handle = (exchange) => serveMore(server, exchange, true, true);
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, server.content);
    expect(resource.identity).toBe('"v1"');
    expect(server.asked).toEqual([range(0, 100_000), undefined]);
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

  it('has CHANGED where it has fewer bytes than it said at first', async () => {
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

  it('may not know how long the content is: the end shows where there is no more', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      if (start >= content.length) return server.serve(exchange, { headers: { 'content-range': undefined } });
      return server.serve(exchange, {
        headers: { 'content-range': `bytes ${start}-${Math.min(end, content.length) - 1}/*` },
      });
    };
    const resource = newResource();
    const behind = firstValueFrom(resource.waitRange(range(5_000_000, 5_000_001)));
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(await behind).toBe('eof');
  });

  it('is asked first for what is behind the end: what it says of the length is believed, and the version comes later', async () => {
    for (const headers of [{}, { 'content-range': undefined }]) {
      const server = await TestServer.start(content, '"v1"');
      server.handle = (exchange) =>
        server.serve(
          exchange,
          (exchange.asked?.start ?? 0) >= content.length ? { headers: { etag: undefined, ...headers } } : {},
        );
      const resource = newResource();
      const behind = firstValueFrom(resource.waitRange(range(5_000_000, 5_000_001)));
      await complete(resource, server.url, SMALL_CHUNKS);
      expectCommitted(resource, content);
      expect(resource.identity).toBe('"v1"');
      expect(await behind).toBe('eof');
    }
  });

  it('may tell no length at all: a read across the end gets what there is', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const headers = {
        'content-range': start < content.length ? `bytes ${start}-${Math.min(end, content.length) - 1}/*` : undefined,
      };
      return server.serve(exchange, { headers });
    };
    const resource = newResource();
    const crossing = firstValueFrom(resource.read(range(990_000, 1_010_000)));
    await complete(resource, server.url);
    expectCommitted(resource, content);
    expect((await crossing).length).toBe(10_000);
  });

  it.each([
    [
      'a body that ends sooner',
      { ignoresRange: true, headers: { 'content-length': undefined }, body: content.subarray(0, 50_000) },
    ],
    ['everything, which is nothing', { ignoresRange: true, body: content.subarray(0, 0) }],
    [
      'that the end is before what is there',
      { status: 416, headers: { 'content-range': 'bytes */50000' }, body: content.subarray(0, 0) },
    ],
  ])('says when it is asked again: %s: nothing that is there is dropped', async (_, manners) => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => {
      if (exchange.number > 0) return server.serve(exchange, manners);
      const { start = 0, end = 0 } = exchange.asked ?? {};
      return server.serve(exchange, { headers: { 'content-range': `bytes ${start}-${end - 1}/*` } });
    };
    const resource = newResource();
    expect(await failure(resource, server.url, { ...SMALL_CHUNKS, concurrency: 1 })).toMatchObject({ code: 'CHANGED' });
    expect(resource.coverage.toArray()).toEqual([range(0, 100_000)]);
    expectNothingElse(resource, content);
  });

  it('turns out to end before what is there, without ever telling a length: that is an error, and nothing goes on', async () => {
    const server = await TestServer.start(content.subarray(0, 100_000), '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const range = `bytes ${start}-${Math.min(end, server.content.length) - 1}/*`;
      return server.serve(exchange, {
        headers: { 'content-range': start < server.content.length ? range : undefined },
      });
    };
    const resource = newResource();
    resource.writeAt(150_000, content.subarray(150_000, 150_010));
    const options = { ...AT_ONCE, chunkSize: 60_000, trustLength: true };
    expect(await failure(resource, server.url, options)).toMatchObject({ code: 'CHANGED' });
    await server.quiet();
    const requests = server.exchanges.length;
    await server.quiet();
    expect(server.exchanges).toHaveLength(requests);
    expect(resource.coveredBytes).toBe(100_010);
  });

  it('ends its bodies late: no more requests are open than there may be', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = ({ response, asked }) => {
      const { start = 0, end = 0 } = asked ?? {};
      response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${content.length}`, etag: '"v1"' });
      response.write(content.subarray(start, end));
      setTimeout(() => response.end(), 300);
    };
    const resource = newResource();
    await complete(resource, server.url, { chunkSize: 100_000, concurrency: 1 });
    expectCommitted(resource, content);
    expect(server.mostActive).toBeLessThanOrEqual(3); // it hears later of what was left
  });

  it('may leave out the length that the user knows', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      server.serve(exchange, { ignoresRange: true, headers: { 'content-length': undefined } });
    const resource = newResource();
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 10));
    await complete(resource, server.url, { trustLength: true });
    expectCommitted(resource, content);
  });
});
