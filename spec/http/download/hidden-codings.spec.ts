import { gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { AT_ONCE, complete, content, expectCommitted, failure, newResource, SMALL_CHUNKS } from '../fixtures.js';
import { hidingFetch } from '../hiding-fetch.js';
import { type Exchange, TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

const text = Buffer.from('the tide comes in and the tide goes out. '.repeat(20_000));
const CORS = { ...SMALL_CHUNKS, fetch: hidingFetch('content-range', 'etag') };

/** A server whose answers are compressed where `isCompressed` says so, in parts, too. */
async function startServer(plain: Buffer, isCompressed: (exchange: Exchange) => boolean): Promise<TestServer> {
  const zipped = gzipSync(plain);
  const server = await TestServer.start(plain, '"v1"');
  server.handle = (exchange) => {
    const compressed = isCompressed(exchange);
    server.content = compressed ? zipped : plain;
    return server.serve(exchange, compressed ? { headers: { 'content-encoding': 'gzip' } } : {});
  };
  return server;
}

/**
 * Serves a part that has been compressed on the way, and is more than its headers say when that is
 * undone.
 */
function serveBlown(server: TestServer, exchange: Exchange, blown: boolean): Promise<void> {
  if (!blown || exchange.asked === undefined) return server.serve(exchange);
  const headers = { 'content-encoding': 'gzip', 'content-length': undefined };
  return server.serve(exchange, { headers, body: gzipSync(text.subarray(0, 50_000)) });
}

describe('a coding that a page of another origin cannot see', () => {
  it('shows itself by a part that runs past its place: all is fetched whole', async () => {
    const server = await startServer(text, () => true);
    const resource = newResource();
    const written: number[] = [];
    resource.writes$.subscribe(({ start }) => written.push(start));
    await complete(resource, server.url, { ...CORS, chunkSize: 1000 });
    expectCommitted(resource, text);
    expect(server.asked).toEqual([range(0, 1000), undefined]);
    // Nothing of the part was ever there.
    expect(written).toEqual(written.toSorted((a, b) => a - b));
  });

  it('shows itself by parts that end before their places: all is fetched whole', async () => {
    const bytes = Buffer.from(Uint32Array.from({ length: 30_000 }, (_, i) => Math.imul(i, 2_654_435_761)).buffer);
    const server = await startServer(bytes, () => true);
    const resource = newResource();
    await complete(resource, server.url, CORS);
    expectCommitted(resource, bytes);
  });

  it('is in no part, once one has ended where its headers say: the next ones are written as they come', async () => {
    const server = await startServer(content, () => false);
    const resource = newResource();
    const completed = complete(resource, server.url, { ...CORS, concurrency: 1 });
    const first = await firstValueFrom(resource.writes$);
    expect(server.exchanges[0]?.sent).toBe(100_000);
    expect(first.start).toBe(0);
    await completed;
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(10);
  });

  it('in a later part has all fetched once more, whole, over what was written', async () => {
    const server = await startServer(text, () => false);
    server.handle = (exchange) => serveBlown(server, exchange, exchange.number >= 3);
    const resource = newResource();
    await complete(resource, server.url, { ...CORS, chunkSize: 1000, concurrency: 1 });
    expectCommitted(resource, text);
    expect(resource.identity).toBe('"v1"');
    expect(server.asked.slice(3)).toEqual([range(3000, 4000), undefined]);
  });

  it('in a later part, where nothing whole is to be had, fails the resource in any case, and the error says what to do', async () => {
    const server = await startServer(text, () => false);
    const refused = { status: 404, body: Buffer.alloc(0) };
    server.handle = (exchange) =>
      exchange.asked === undefined
        ? server.serve(exchange, refused)
        : serveBlown(server, exchange, exchange.number >= 3);
    const resource = newResource();
    const options = { ...CORS, chunkSize: 1000, concurrency: 1, onError: 'leave' as const };
    const error = await failure(resource, server.url, options);
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: 404 });
    expect(error.message).toContain('discard()');
    expect(resource.status).toEqual({ state: 'failed', reason: error.message });
    expect(resource.identity).toBeUndefined();
    // Whoever tries again fetches all of it, as it was to be the first time.
    server.handle = (exchange) => server.serve(exchange);
    server.exchanges = [];
    await complete(resource, server.url, options);
    expectCommitted(resource, text);
    expect(server.asked).toEqual([undefined]);
  });

  it('in an answer without a place takes all proof from its length: the end of the body is the end', async () => {
    const server = await startServer(text, () => true);
    server.handle = (
      (handle) => (exchange: Exchange) =>
        handle({ ...exchange, asked: undefined })
    )(server.handle);
    const resource = newResource();
    await complete(resource, server.url, { ...AT_ONCE, fetch: hidingFetch() });
    expectCommitted(resource, text);
  });
});

describe('a body of a fetch that does not keep to its headers', () => {
  /** Answers with everything, and says that it is `length` bytes. */
  const lying =
    (length: (number: number) => number): typeof fetch =>
    () => {
      const headers = { 'content-length': String(length(answers++)) };
      return Promise.resolve(new Response(new Uint8Array(content), { headers }));
    };
  let answers = 0;

  it('is not complete where it runs past them: all is fetched once more', async () => {
    answers = 0;
    const resource = newResource();
    const fetch = lying((number) => (number === 0 ? 1000 : content.length));
    await complete(resource, 'http://127.0.0.1/', { ...AT_ONCE, fetch });
    expectCommitted(resource, content);
    expect(answers).toBe(2);
  });

  it('is never complete where it always does', async () => {
    const resource = newResource();
    const error = await failure(resource, 'http://127.0.0.1/', {
      ...AT_ONCE,
      fetch: lying(() => 1000),
      onError: 'leave',
    });
    expect(error.code).toBe('HTTP');
    expect(error.message).toContain('discard()');
    expect(resource.status.state).toBe('failed');
  });

  it('is another version where it goes on behind the length that is known', async () => {
    const resource = newResource();
    resource.expectedLength = 1000;
    resource.writeAt(0, content.subarray(0, 10));
    const fetch = (): Promise<Response> => Promise.resolve(new Response(new Uint8Array(content)));
    expect(await failure(resource, 'http://127.0.0.1/', { ...AT_ONCE, fetch, trustLength: true })).toMatchObject({
      code: 'CHANGED',
    });
  });
});
