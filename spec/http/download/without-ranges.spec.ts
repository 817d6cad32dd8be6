import { gzipSync } from 'node:zlib';
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
import { TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

describe('a server without ranges', () => {
  it('is asked once, and sends everything in one pass', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true });
    server.bytesPerSecond = 5_000_000;
    const resource = newResource();
    const tail = firstValueFrom(resource.read(range(900_000, 1_000_000)));
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    expect(Buffer.compare(await tail, content.subarray(900_000))).toBe(0);
    expect(server.exchanges.filter(({ aborted }) => !aborted)).toHaveLength(1);
    expect(server.sent).toBeLessThan(content.length + 100_000);
  });

  it('may leave the length out: the end of its one answer is the end', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      server.serve(exchange, { ignoresRange: true, headers: { 'content-length': undefined } });
    const resource = newResource();
    await complete(resource, server.url);
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(1);
  });

  it('has only the gaps of what is there filled', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true });
    const resource = newResource();
    resource.writeAt(200_000, content.subarray(200_000, 300_000));
    const written: number[] = [];
    resource.writes$.subscribe(({ start, end }) => written.push(end - start));
    await complete(resource, server.url, { trustLength: true });
    expectCommitted(resource, content);
    expect(written.reduce((sum, length) => sum + length)).toBe(900_000);
  });

  it('is asked again when it is cut, and starts over, until all is there', async () => {
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

  it('has CHANGED where it starts over with other bytes, which nothing but the bytes tells', async () => {
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
    expect(server.asked).toEqual([range(0, 100), undefined]);
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
