import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { content, other } from '../http/fixtures.js';
import type { TestServer } from '../http/test-server.js';
import { downloadIn, HttpPages, rangesOf, SHA } from './http-pages.js';

/** In parts that a test can count. */
const PARTS = { chunkSize: 250_000 };
const ALL_PARTS = ['bytes=0-249999', 'bytes=250000-499999', 'bytes=500000-749999', 'bytes=750000-999999'];

/**
 * What was asked for, in the order of the content: two requests that are made at once come in
 * either.
 */
function partsOf({ exchanges }: TestServer): (string | undefined)[] {
  return rangesOf(exchanges).toSorted();
}

/** Downloads in the page, and asks then whether that is still what the server has. */
function revalidateIn(page: Page, address: string): Promise<string> {
  return page.evaluate(async (url) => {
    const { download, lastValueFrom, MemDriver, Resource } = globalThis.page;
    const resource = Resource.open(new MemDriver());
    await lastValueFrom(download(resource, url));
    return lastValueFrom(download(resource, url, { revalidate: true })).then(
      () => 'complete',
      (error: unknown) => String((error as { code?: string }).code),
    );
  }, address);
}

let pages: HttpPages;
beforeAll(async () => {
  pages = await HttpPages.launch();
});
afterEach(() => pages.closePages());
afterAll(() => pages.close());

describe('a download from the origin of the page', () => {
  it('asks for parts, and for those of one version only once an answer has no ETag', async () => {
    const { server, page } = await pages.sameOrigin();
    expect(await downloadIn(page, '/song.flac', PARTS)).toEqual({ sha: SHA, identity: '"v1"' });
    expect(partsOf(server)).toEqual(ALL_PARTS);
    const conditions = (): unknown[] => server.exchanges.map(({ request }) => request.headers['if-range']);
    expect(conditions()).toEqual([undefined, undefined, undefined, undefined]);
    server.exchanges = [];
    server.handle = (exchange) => server.serve(exchange, { headers: exchange.number === 1 ? { etag: undefined } : {} });
    expect(await downloadIn(page, '/song.flac', PARTS)).toEqual({ sha: SHA, identity: '"v1"' });
    expect(conditions().slice(0, 2)).toEqual([undefined, undefined]);
    expect(conditions().at(-1)).toBe('"v1"');
  });

  it('asks whether committed content is still the same, and fetches nothing', async () => {
    const { server, page } = await pages.sameOrigin();
    server.handle = (exchange) => {
      const isSame = exchange.request.headers['if-none-match'] === server.etag;
      return isSame ? exchange.response.writeHead(304).end() : server.serve(exchange);
    };
    const revalidated = await revalidateIn(page, server.url);
    expect(revalidated).toBe('complete');
    expect(server.exchanges.map(({ status }) => status).at(-1)).toBe(0);
  });

  it('brings first what is waited for, from several places side by side', async () => {
    const { server, page } = await pages.sameOrigin();
    server.bytesPerSecond = 500_000;
    const coveredThen = await page.evaluate(async (url) => {
      const { download, firstValueFrom, MemDriver, Resource } = globalThis.page;
      const resource = Resource.open(new MemDriver());
      const downloading = download(resource, url).subscribe();
      await firstValueFrom(resource.waitRange({ start: 0, end: 10_000 }));
      const reads = [980_000, 500_000, 700_000].map(async (start) => {
        const bytes = await firstValueFrom(resource.read({ start, end: start + 20_000 }));
        return bytes.length === 20_000 ? resource.coveredBytes : NaN;
      });
      const covered = await Promise.all(reads);
      downloading.unsubscribe();
      return covered;
    }, server.url);
    expect(Math.max(...coveredThen)).toBeLessThan(400_000);
    expect(server.mostActive).toBeGreaterThanOrEqual(3);
  });

  it('stops when it is unsubscribed, and goes on with what is missing', async () => {
    const { server, page } = await pages.sameOrigin();
    server.bytesPerSecond = 1_000_000;
    const first = await page.evaluateHandle(async (url) => {
      const { download, firstValueFrom, MemDriver, Resource } = globalThis.page;
      const resource = Resource.open(new MemDriver());
      const downloading = download(resource, url).subscribe();
      await firstValueFrom(resource.waitRange({ start: 0, end: 100_000 }));
      downloading.unsubscribe();
      return resource;
    }, server.url);
    await server.quiet();
    const covered = await first.evaluate((resource) => resource.coveredBytes);
    expect(covered).toBeLessThan(900_000);
    expect(server.exchanges.at(-1)?.aborted).toBe(true);
    server.exchanges = [];
    server.bytesPerSecond = Infinity;
    const length = await first.evaluate(async (resource, url) => {
      const { download, lastValueFrom } = globalThis.page;
      await lastValueFrom(download(resource, url));
      return resource.length;
    }, server.url);
    expect([length, rangesOf(server.exchanges)]).toEqual([content.length, [`bytes=${covered}-999999`]]);
  });
});

describe('a download from another origin', () => {
  it('asks for parts where it may see which they are, without a preflight', async () => {
    const { server, page } = await pages.otherOrigin({ exposeHeaders: 'Content-Range, ETag' });
    expect(await downloadIn(page, server.url, PARTS)).toEqual({ sha: SHA, identity: '"v1"' });
    expect([partsOf(server), server.preflights]).toEqual([ALL_PARTS, []]);
  });

  it('asks for nothing twice after a seek, whatever the browser has kept of the answers', async () => {
    const { server, page } = await pages.otherOrigin({ exposeHeaders: 'Content-Range, ETag' });
    server.bytesPerSecond = 1_000_000;
    await page.evaluate(async (url) => {
      const { download, firstValueFrom, lastValueFrom, MemDriver, Resource } = globalThis.page;
      const resource = Resource.open(new MemDriver());
      const downloaded = lastValueFrom(download(resource, url));
      for (const start of [100_000, 800_000, 400_000]) {
        await firstValueFrom(resource.read({ start, end: start + 50_000 }));
      }
      await downloaded;
    }, server.url);
    const ranges = rangesOf(server.exchanges);
    expect(ranges).toEqual([...new Set(ranges)]);
    expect(ranges.length).toBeGreaterThan(2);
    // A condition that is not ours: it is the browser's.
    expect(server.exchanges.map(({ request }) => request.headers['if-range']).filter(Boolean)).toEqual([]);
  });

  it('has no identity where it may not see the ETag', async () => {
    const { server, page } = await pages.otherOrigin({ exposeHeaders: 'Content-Range' });
    expect(await downloadIn(page, server.url, PARTS)).toEqual({ sha: SHA });
    expect([partsOf(server), server.preflights]).toEqual([ALL_PARTS, []]);
  });

  it('asks for everything where it may not see which part an answer has', async () => {
    const { server, page } = await pages.otherOrigin({});
    expect(await downloadIn(page, server.url, PARTS)).toEqual({ sha: SHA });
    expect(rangesOf(server.exchanges).at(-1)).toBeUndefined();
  });

  it('takes all of what is compressed, though it cannot see that it is, and sees a shorter length', async () => {
    const { server, page } = await pages.otherOrigin({});
    const zipped = gzipSync(content);
    expect(zipped.length).toBeLessThan(content.length);
    server.manners = { headers: { etag: undefined, 'cache-control': 'no-store' } };
    server.handle = (exchange) => {
      if (exchange.asked !== undefined) return server.serve(exchange, server.manners);
      const headers = { ...server.manners.headers, 'content-encoding': 'gzip' };
      return server.serve(exchange, { body: zipped, headers });
    };
    expect(await downloadIn(page, server.url, PARTS)).toEqual({ sha: SHA });
  });

  it('asks whether committed content is still the same without a preflight, by its ETag', async () => {
    const { server, page } = await pages.otherOrigin({ exposeHeaders: 'Content-Range, ETag' });
    expect(await revalidateIn(page, server.url)).toBe('complete');
    expect(server.preflights).toEqual([]);
    expect(rangesOf(server.exchanges).at(-1)).toBe('bytes=0-0');
  });

  it.each([
    ['of which one has all of it', content.length],
    ['of which none can be decompressed', 5000],
  ])('takes all of what is compressed in parts, though it cannot see that they are: %s', async (_, chunkSize) => {
    const { server, page } = await pages.otherOrigin({ exposeHeaders: 'Content-Range, ETag' });
    server.content = gzipSync(content);
    server.manners = { headers: { 'content-encoding': 'gzip', 'cache-control': 'no-store' } };
    expect(await downloadIn(page, server.url, { chunkSize })).toEqual({ sha: SHA, identity: '"v1"' });
    expect(rangesOf(server.exchanges).at(-1)).toBeUndefined();
  });

  it('sees no Date: a time that is that of each answer counts, unless the server exposes it', async () => {
    for (const [exposeHeaders, outcome] of [
      ['Content-Range', { code: 'CHANGED' }],
      ['Content-Range, Date', { sha: SHA }],
    ] as const) {
      const { server, page } = await pages.otherOrigin({ exposeHeaders });
      server.handle = (exchange) => {
        const date = new Date(exchange.number * 60_000).toUTCString();
        return server.serve(exchange, { headers: { date, 'last-modified': date } });
      };
      expect(await downloadIn(page, server.url, PARTS)).toMatchObject(outcome);
    }
  });

  it('asks for parts where its own origin redirects it there', async () => {
    const { server, page } = await pages.sameOrigin();
    const { server: redirected } = await pages.otherOrigin({ exposeHeaders: 'Content-Range, ETag' });
    server.handle = ({ response }) => response.writeHead(302, { location: redirected.url }).end();
    expect(await downloadIn(page, server.url, PARTS)).toEqual({ sha: SHA, identity: '"v1"' });
    expect([partsOf(redirected), redirected.preflights]).toEqual([ALL_PARTS, []]);
    // What the first answer has told is used from then on; some requests are made before it is
    // there.
    expect(server.exchanges.length).toBeLessThan(ALL_PARTS.length);
  });

  it('notices another version, and writes none of it', async () => {
    const { server, page } = await pages.otherOrigin({ exposeHeaders: 'Content-Range, ETag' });
    server.handle = (exchange) => {
      if (exchange.number === 1) [server.content, server.etag] = [other, '"v2"'];
      return server.serve(exchange);
    };
    expect(await downloadIn(page, server.url, PARTS)).toMatchObject({ code: 'CHANGED' });
  });

  it('errors with HTTP where it is not allowed, and says what the server should send', async () => {
    const { server, page } = await pages.otherOrigin();
    const message = expect.stringMatching(/another origin: let it send Access-Control-Allow-Origin \(docs\/http\.md/);
    expect(await downloadIn(page, server.url, PARTS)).toEqual({ code: 'HTTP', message });
  });

  it('does not say so of a connection that fails where it was allowed before', async () => {
    const { server, page } = await pages.otherOrigin({ exposeHeaders: 'Content-Range, ETag' });
    server.handle = (exchange) => (exchange.number === 0 ? server.serve(exchange) : void exchange.response.destroy());
    const message = expect.not.stringContaining('Access-Control-Allow-Origin') as unknown;
    expect(await downloadIn(page, server.url, PARTS)).toEqual({ code: 'HTTP', message });
  });

  it.each<[string, string | undefined, object]>([
    ['is allowed', 'Authorization', { sha: SHA }],
    ['is not', undefined, { code: 'HTTP' }],
  ])('asks for leave to send a header of its own: it %s', async (_, allowHeaders, outcome) => {
    const { server, page } = await pages.otherOrigin({ allowHeaders, exposeHeaders: 'Content-Range, ETag' });
    const headers = { authorization: 'Bearer tide' };
    expect(await downloadIn(page, server.url, { ...PARTS, headers })).toMatchObject(outcome);
    expect(new Set(server.preflights)).toEqual(new Set(['authorization']));
  });
});

describe('a resource that is being downloaded into', () => {
  it('answers the requests of a page, streams, and is a byte source', async () => {
    const { server, page } = await pages.sameOrigin();
    server.bytesPerSecond = 1_000_000;
    const found = await page.evaluate(async (url) => {
      const { byteSource, download, MemDriver, rangeResponse, Resource, toReadableStream } = globalThis.page;
      const resource = Resource.open(new MemDriver());
      const downloading = download(resource, url).subscribe();
      const request = new Request(url, { headers: { range: 'bytes=-3' } });
      const response = await rangeResponse(resource, request, { headers: { 'content-type': 'audio/flac' } });
      const source = byteSource(resource);
      const bytes = [
        new Uint8Array(await response.arrayBuffer()),
        new Uint8Array(await new Response(toReadableStream(resource, { start: 7, end: 10 })).arrayBuffer()),
        await source.read(500_000, 500_003),
      ].map((part) => [...part]);
      const size = await source.getSize();
      downloading.unsubscribe();
      const { status, headers } = response;
      return { status, headers: Object.fromEntries(headers), bytes, size };
    }, server.url);
    expect(found).toEqual({
      status: 206,
      headers: {
        'accept-ranges': 'bytes',
        'content-length': '3',
        'content-range': 'bytes 999997-999999/1000000',
        'content-type': 'audio/flac',
        etag: '"v1"',
      },
      bytes: [[...content.subarray(-3)], [...content.subarray(7, 10)], [...content.subarray(500_000, 500_003)]],
      size: content.length,
    });
  });
});
