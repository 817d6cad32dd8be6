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
      expect(resource.coverage.toArray()).toEqual([{ start: 0, end: 300_000 }]);
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

  it('asks for parts of the one version only, where it has a strong ETag', async () => {
    for (const [etag, ifRange] of [
      ['"v1"', '"v1"'],
      ['W/"v1"', undefined],
    ]) {
      const server = await TestServer.start(content, etag);
      await complete(newResource(), server.url, CHUNKS);
      const asked = server.exchanges.map(({ request }) => request.headers['if-range']);
      expect(asked).toEqual([undefined, ifRange, ifRange, ifRange]);
    }
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
      await complete(resource, server.url, options);
      return 'completed';
    } catch (error) {
      return (error as { code: string }).code;
    } finally {
      resource.close();
    }
  }

  it('is gone on with if it has a strong ETag: only what is missing is asked for', async () => {
    const server = await TestServer.start(content, '"v1"');
    store(content, 400_000, { identity: '"v1"', expectedLength: content.length });
    expect(await resume(server)).toBe('completed');
    expect(server.asked).toEqual([{ start: 400_000, end: 1_000_000 }]);
    expect(server.exchanges[0]?.request.headers['if-range']).toBe('"v1"');
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

  it('is noticed to be of another version', async () => {
    const server = await TestServer.start(other, '"v2"');
    store(content, 400_000, { identity: '"v1"', expectedLength: content.length });
    expect(await resume(server)).toBe('CHANGED');
    expect(await resume(server, { trustLength: true })).toBe('CHANGED');
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'partial', coveredBytes: 400_000, identity: '"v1"' });
  });

  it.each([
    ['no ETag', undefined],
    ['a weak ETag', 'W/"v1"'],
  ])('is not gone on with if it has %s, unless the length is to be trusted', async (_, etag) => {
    const server = await TestServer.start(content, etag);
    store(content, 400_000, { identity: etag, expectedLength: content.length });
    expect(await resume(server)).toBe('CHANGED');
    expect(server.exchanges).toEqual([]);
    expect(await resume(server, { trustLength: true })).toBe('completed');
    expect(server.asked).toEqual([{ start: 400_000, end: 1_000_000 }]);
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });

  it.each([
    ['the length is another', undefined, 900_000],
    ['no length was known', undefined, undefined],
    ['the weak ETag is another', 'W/"v0"', 1_000_000],
  ])('is not trusted if %s', async (_, identity, expectedLength) => {
    const server = await TestServer.start(other, 'W/"v1"');
    store(content, 400_000, { identity, expectedLength });
    expect(await resume(server, { trustLength: true })).toBe('CHANGED');
  });

  it('is committed without a request if every byte is there', async () => {
    const server = await TestServer.start(content);
    store(content, content.length, { expectedLength: content.length });
    expect(await resume(server)).toBe('completed');
    expect(server.exchanges).toEqual([]);
    expect(Buffer.compare(readFileSync(path), content)).toBe(0);
  });
});
