import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import {
  AT_ONCE,
  complete,
  expectCommitted,
  expectNothingElse,
  failure,
  newResource,
  content,
  other,
} from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { codeOf } from '../../support/code-of.js';
import { range } from '../../support/range.js';

const CHUNKS = { ...AT_ONCE, chunkSize: 300_000 };

describe('content that changes during a download', () => {
  it.each([
    ['another ETag', '"v1"', '"v2"', other],
    ['another weak ETag', 'W/"v1"', 'W/"v2"', other],
    ['no ETag any more', '"v1"', undefined, other],
    ['an ETag where there was none', undefined, '"v2"', other],
    ['another length', undefined, undefined, other.subarray(0, 900_000)],
    ['a length that ends before what is asked for', undefined, undefined, other.subarray(0, 200_000)],
  ])('is noticed, and nothing of it is written: %s', async (_, before, after, changed) => {
    for (const ignoresIfRange of [false, true]) {
      const server = await TestServer.start(content, before);
      server.handle = (exchange) => {
        if (exchange.number === 1) [server.content, server.etag] = [changed, after];
        return server.serve(exchange, { ignoresIfRange });
      };
      const resource = newResource();
      const error = await failure(resource, server.url, { ...CHUNKS, concurrency: 1 });
      expect(error).toMatchObject({ code: 'CHANGED' });
      expect(error.message).toContain(`What is stored is of 1000000 bytes, ETag ${before ?? 'none'}`);
      expect(resource.coverage.toArray()).toEqual([range(0, 300_000)]);
      // Trying again does not change it.
      expect(await failure(resource, server.url, CHUNKS)).toMatchObject({ code: 'CHANGED' });
      expectNothingElse(resource, content);
    }
  });

  it('is noticed by its time where nothing else tells', async () => {
    const server = await TestServer.start(content);
    server.lastModified = new Date(0).toUTCString();
    server.handle = (exchange) => {
      if (exchange.number === 1) server.lastModified = new Date(1000).toUTCString();
      return server.serve(exchange);
    };
    expect(await failure(newResource(), server.url, CHUNKS)).toMatchObject({ code: 'CHANGED' });
  });

  it('is not thought to have changed by servers of which each has its own time, but the same strong ETag', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      server.lastModified = new Date(exchange.number * 1000).toUTCString();
      return server.serve(exchange);
    };
    const resource = newResource();
    await complete(resource, server.url, CHUNKS);
    expectCommitted(resource, content);
  });

  it.each([
    ['weak and strong', ['"v1"', 'W/"v1"']],
    ['with quotes and without', ['"v1"', 'v1']],
    ['weak, in two cases', ['W/"v1"', 'w/"v1"']],
  ])('is not thought to have changed where its ETag is written in two ways: %s', async (_, etags) => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => {
      server.etag = etags[exchange.number % 2];
      return server.serve(exchange);
    };
    const resource = newResource();
    await complete(resource, server.url, CHUNKS);
    expectCommitted(resource, content);
  });

  it('is not thought to have changed where it is said to be from the moment of each answer', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => {
      const date = new Date(exchange.number * 60_000).toUTCString();
      return server.serve(exchange, { headers: { date, 'last-modified': date } });
    };
    const resource = newResource();
    await complete(resource, server.url, CHUNKS);
    expectCommitted(resource, content);
  });

  it('is noticed by its length alone where that is all to go by, whatever else the servers say', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => {
      server.etag = `"node-${exchange.number}"`;
      server.lastModified = new Date(exchange.number * 60_000).toUTCString();
      if (server.content.length > 900_000 && exchange.number > 20) server.content = content.subarray(0, 900_000);
      return server.serve(exchange);
    };
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, trustLength: true });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(4);
    server.handle = (exchange) => {
      if (exchange.number === 2) server.content = content.subarray(0, 900_000);
      return server.serve(exchange);
    };
    server.exchanges = [];
    const options = { ...CHUNKS, trustLength: true, concurrency: 1 };
    expect(await failure(newResource(), server.url, options)).toMatchObject({ code: 'CHANGED' });
  });

  it('is asked for once more, and only once, when an answer has no ETag any more', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      if (exchange.number === 1) server.etag = undefined;
      return server.serve(exchange);
    };
    const resource = newResource();
    expect(await failure(resource, server.url, { ...CHUNKS, concurrency: 1 })).toMatchObject({ code: 'CHANGED' });
    expect(server.exchanges.map(({ request }) => request.headers['if-range'])).toEqual([undefined, undefined, '"v1"']);
    expect(resource.coveredBytes).toBe(300_000);
  });

  it('is told by its time where an answer has no ETag any more', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.lastModified = new Date(0).toUTCString();
    server.handle = (exchange) =>
      server.serve(exchange, { headers: exchange.number > 0 ? { etag: undefined } : {}, ignoresIfRange: true });
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, concurrency: 1 });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(5);
  });

  it.each([
    ['a strong one', '"v1"', '"v1"'],
    ['a weak one, which cannot be asked for', 'W/"v1"', undefined],
    ['one without quotes, which cannot be asked for', 'v1', undefined],
  ])('asks for parts of the one version only once an answer has lacked its ETag: %s', async (_, etag, ifRange) => {
    const server = await TestServer.start(content, etag);
    server.handle = (exchange) => server.serve(exchange, { headers: exchange.number === 1 ? { etag: undefined } : {} });
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, concurrency: 1 });
    expectCommitted(resource, content);
    const asked = server.exchanges.map(({ request }) => request.headers['if-range']);
    expect(asked).toEqual([undefined, undefined, ifRange, ifRange, ifRange]);
  });
});

describe('bytes that were put into a resource by somebody else', () => {
  it.each([
    ['without a length', undefined],
    ['with one', content.length],
  ])('are of unknown version, and not gone on with unless the length is to be trusted: %s', async (_, length) => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    resource.writeAt(200_000, content.subarray(200_000, 500_000));
    resource.expectedLength = length;
    const error = await failure(resource, server.url, CHUNKS);
    expect(error).toMatchObject({ code: 'CHANGED' });
    expect(error.message).toContain('trustLength');
    expect(server.exchanges).toEqual([]);
    await complete(resource, server.url, { ...CHUNKS, chunkSize: 1_000_000, trustLength: true });
    expectCommitted(resource, content);
    expect(server.asked).toEqual([range(0, 200_000), range(500_000, 1_000_000)]);
  });

  it('are of the version that the identity names, and are gone on with where the server has that', async () => {
    for (const [etag, code] of [
      ['"v1"', undefined],
      ['"v2"', 'CHANGED'],
    ]) {
      const server = await TestServer.start(content, etag);
      const resource = newResource();
      resource.writeAt(0, content.subarray(0, 500_000));
      resource.identity = '"v1"';
      expect(await codeOf(complete(resource, server.url, CHUNKS))).toBe(code);
    }
  });

  it('are their own affair while a download is running', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      if (exchange.number === 1) resource.writeAt(600_000, content.subarray(600_000));
      return server.serve(exchange);
    };
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, concurrency: 1 });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(2);
  });
});

describe('a partial download of an earlier process', () => {
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-http-'));
    path = join(folder, 'song.flac');
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  function store(
    bytes: Buffer,
    end: number,
    version: { identity?: string | undefined; expectedLength?: number | undefined },
  ): void {
    const resource = Resource.open(new MmapDriver({ path }), version);
    resource.writeAt(0, bytes.subarray(0, end));
    resource.close();
  }

  async function resume(server: TestServer, options = {}): Promise<string> {
    const resource = Resource.open(new MmapDriver({ path }));
    try {
      expect(resource.origin.from).toBe('partial');
      return (await codeOf(complete(resource, server.url, options))) ?? 'completed';
    } finally {
      resource.close();
    }
  }

  it('is gone on with if it has a strong ETag: only what is missing is asked for', async () => {
    const server = await TestServer.start(content, '"v1"');
    store(content, 400_000, { identity: '"v1"', expectedLength: content.length });
    expect(await resume(server)).toBe('completed');
    expect(server.asked).toEqual([range(400_000, 1_000_000)]);
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });

  it('is kept by a download, with what it needs to be gone on with', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { cutAfter: 200_000 });
    const first = Resource.open(new MmapDriver({ path }));
    await failure(first, server.url, { retry: false });
    first.close();
    server.handle = (exchange) => server.serve(exchange);
    server.exchanges = [];
    expect(await resume(server)).toBe('completed');
    expect(server.asked[0]?.start).toBeGreaterThan(0);
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });

  it('is noticed to be of another version, by its strong ETag', async () => {
    const server = await TestServer.start(other, '"v2"');
    store(content, 400_000, { identity: '"v1"', expectedLength: content.length });
    expect(await resume(server)).toBe('CHANGED');
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'partial', coveredBytes: 400_000, identity: '"v1"' });
  });

  it.each([
    ['an ETag', '"v1"', {}],
    ['a length that is trusted', undefined, { trustLength: true }],
  ])('is gone on with when a page of another kind was in the way at first: it has %s', async (_, etag, options) => {
    const server = await TestServer.start(content, etag);
    const headers = { 'content-type': 'text/html', etag: '"page"' };
    const page = { ignoresRange: true, body: Buffer.from('<html>Log in'), headers };
    server.handle = (exchange) => server.serve(exchange, page);
    store(content, 400_000, { identity: etag, expectedLength: content.length });
    expect(await resume(server, { ...options, retry: { count: 2, delay: 0 } })).toBe('HTTP');
    expect(server.exchanges).toHaveLength(3);
    server.handle = (exchange) => server.serve(exchange, exchange.number === 3 ? page : {});
    expect(await resume(server, { ...AT_ONCE, ...options })).toBe('completed');
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });

  it('may be of text/html itself', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.manners = { headers: { 'content-type': 'text/html' } };
    store(content, 400_000, { identity: '"v1"', expectedLength: content.length });
    expect(await resume(server)).toBe('completed');
  });

  it.each(['"♫"', '"one\ntwo"', '"\0"'])(
    'is of another version if its identity is none that a server could send: %j',
    async (identity) => {
      const server = await TestServer.start(content, '"v1"');
      store(content, 400_000, { identity, expectedLength: content.length });
      expect(await resume(server)).toBe('CHANGED');
      expect(server.exchanges[0]?.request.headers['if-range']).toBeUndefined();
      expect(MmapDriver.inspect(path)).toMatchObject({ from: 'partial', coveredBytes: 400_000, identity });
    },
  );

  it.each([
    ['no ETag', undefined],
    ['a weak ETag', 'W/"v1"'],
  ])('is not gone on with if it has %s, unless the length is to be trusted', async (_, etag) => {
    const server = await TestServer.start(content, etag);
    store(content, 400_000, { identity: etag, expectedLength: content.length });
    expect(await resume(server)).toBe('CHANGED');
    expect(server.exchanges).toEqual([]);
    expect(await resume(server, { trustLength: true })).toBe('completed');
    expect(server.asked).toEqual([range(400_000, 1_000_000)]);
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });

  it.each([
    ['the length is another', undefined, 900_000],
    ['no length was known', undefined, undefined],
  ])('is not trusted if %s', async (_, identity, expectedLength) => {
    const server = await TestServer.start(other, 'W/"v1"');
    store(content, 400_000, { identity, expectedLength });
    expect(await resume(server, { trustLength: true })).toBe('CHANGED');
  });

  it.each([
    ['the tag has lost its quotes', '"v1"', 'v1', 'completed'],
    ['the tag has got its quotes back', 'v1', '"v1"', 'completed'],
    ['the tag is a weak one now, which does not say that no byte differs', '"v1"', 'W/"v1"', 'CHANGED'],
    ['there is no tag any more', '"v1"', undefined, 'CHANGED'],
  ])('with a strong ETag is gone on with if the server has the same: %s', async (_, identity, etag, outcome) => {
    const server = await TestServer.start(content, etag);
    store(content, 400_000, { identity, expectedLength: content.length });
    expect(await resume(server, { retry: false })).toBe(outcome);
  });

  it('with another ETag is gone on with if the length is to be trusted, and is the same', async () => {
    const server = await TestServer.start(content, '"node-2"');
    store(content, 400_000, { identity: '"node-1"', expectedLength: content.length });
    expect(await resume(server)).toBe('CHANGED');
    expect(await resume(server, { trustLength: true })).toBe('completed');
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });

  it('is committed without a request if every byte is there', async () => {
    const server = await TestServer.start(content);
    store(content, content.length, { expectedLength: content.length });
    expect(await resume(server)).toBe('completed');
    expect(server.exchanges).toEqual([]);
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });
});
