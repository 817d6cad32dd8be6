import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import {
  AT_ONCE,
  complete,
  expectCommitted,
  expectNothingElse,
  failure,
  newResource,
  makeContent,
} from '../fixtures.js';
import { TestServer } from '../test-server.js';

const content = makeContent(1_000_000);
const other = Buffer.alloc(1_000_000, 'x');
const SMALL_CHUNKS = { ...AT_ONCE, chunkSize: 100_000 };

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
