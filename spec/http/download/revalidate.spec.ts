import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastValueFrom, tap } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { download, Downloader } from 'tidemark/http';
import { MmapDriver } from 'tidemark/node';
import { AT_ONCE, complete, content, expectCommitted, failure, newResource, other } from '../fixtures.js';
import { hidingFetch } from '../hiding-fetch.js';
import { type Exchange, TestServer } from '../test-server.js';

const AGAIN = { ...AT_ONCE, revalidate: true };

/** Heeds `If-None-Match` and `If-Modified-Since`. */
function serveConditionally(server: TestServer, exchange: Exchange): unknown {
  const { 'if-none-match': tag, 'if-modified-since': time } = exchange.request.headers;
  const unchanged = tag === undefined ? time !== undefined && time === server.lastModified : tag === server.etag;
  return unchanged ? exchange.response.writeHead(304).end() : server.serve(exchange);
}

async function downloaded(server: TestServer): Promise<Resource> {
  const resource = newResource();
  await complete(resource, server.url, AT_ONCE);
  server.exchanges = [];
  return resource;
}

describe('committed content that is validated anew', () => {
  it('completes when the resource is closed, though the server has not answered', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    server.handle = () => {
      resource.close();
    };
    const last = await lastValueFrom(download(resource, server.url, AGAIN));
    expect(last.state).toBe('closed');
  });

  it.each([
    ['its ETag', '"v1"', undefined],
    ['its weak ETag', 'W/"v1"', undefined],
    ['its time', undefined, new Date(0).toUTCString()],
  ])('is complete where the server says that nothing has changed, by %s', async (_, etag, time) => {
    const server = await TestServer.start(content, etag);
    server.lastModified = time;
    const resource = await downloaded(server);
    server.handle = (exchange) => serveConditionally(server, exchange);
    await complete(resource, server.url, AGAIN);
    expect(server.exchanges).toHaveLength(1);
    expect(server.exchanges[0]?.request.headers).toMatchObject(
      etag === undefined ? { 'if-modified-since': time } : { 'if-none-match': etag },
    );
    expect(server.sent).toBe(0);
    expectCommitted(resource, content);
  });

  it.each([
    ['in a part', {}],
    ['in all of it', { ignoresRange: true }],
    ['in a part that nobody can place', { headers: { 'content-range': undefined } }],
    ['that was made weak', { headers: { etag: 'W/"v1"' } }],
  ])('is complete where the server knows no conditions, and has the same version: %s', async (_, manners) => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    server.handle = (exchange) => server.serve(exchange, manners);
    await complete(resource, server.url, AGAIN);
    await server.quiet();
    expect(server.exchanges.length).toBeLessThanOrEqual(2);
    expectCommitted(resource, content);
  });

  it.each([
    ['another ETag', '"v2"', other],
    ['the same ETag and another length', '"v1"', other.subarray(0, 10)],
    ['no ETag any more', undefined, other],
    ['nothing', '"v1"', other.subarray(0, 0)],
  ])('is CHANGED where the server has %s, and stays as it is', async (_, etag, changed) => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    [server.content, server.etag] = [changed, etag];
    server.handle = (exchange) => server.serve(exchange);
    expect(await failure(resource, server.url, AGAIN)).toMatchObject({ code: 'CHANGED' });
    expectCommitted(resource, content);
  });

  it('is asked about over again where the server fails, and stays as it is when that does not help', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    server.handle = (exchange) =>
      exchange.number < 2
        ? server.serve(exchange, { status: 503, body: Buffer.alloc(0) })
        : serveConditionally(server, exchange);
    await complete(resource, server.url, AGAIN);
    expect(server.exchanges).toHaveLength(3);
    server.handle = ({ response }) => response.destroy();
    const error = await failure(resource, server.url, { revalidate: true, retry: { count: 1, delay: 0 } });
    expect(error.code).toBe('HTTP');
    expectCommitted(resource, content);
  });

  it('is given up with TIMEOUT where a url function does not settle', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    let called = 0;
    const never = (): Promise<string> => {
      called += 1;
      return new Promise(() => undefined);
    };
    const options = { ...AGAIN, timeout: 50, retry: { count: 1, delay: 0 } };
    expect((await failure(resource, never, options)).code).toBe('TIMEOUT');
    expect(called).toBe(2);
    expectCommitted(resource, content);
  });

  it('is asked about when its downloader allows it, and tells what is done', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    server.handle = (exchange) => serveConditionally(server, exchange);
    const downloader = new Downloader();
    downloader.pause();
    const states: string[] = [];
    const ended = lastValueFrom(
      downloader.download(resource, server.url, AGAIN).pipe(tap(({ state }) => states.push(state))),
    );
    await server.quiet();
    expect(states).toContain('paused');
    expect(server.exchanges).toHaveLength(0);
    downloader.resume();
    await ended;
    expect(server.exchanges).toHaveLength(1);
    expect(states.slice(-2)).toEqual(['requesting', 'committed']);
  });

  it('is asked about without a condition where CORS would ask for leave first', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    const options = { ...AGAIN, fetch: hidingFetch('etag', 'content-range') };
    await complete(resource, server.url, options);
    expectCommitted(resource, content);
  });

  it('is not asked about unless that is wanted', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    await complete(resource, server.url, AT_ONCE);
    expect(server.exchanges).toEqual([]);
  });

  it('is downloaded as ever while it is not committed', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    await complete(resource, server.url, AGAIN);
    expectCommitted(resource, content);
  });

  it('is complete where it is empty, and the server has nothing, either', async () => {
    const server = await TestServer.start(Buffer.alloc(0), '"v1"');
    const resource = await downloaded(server);
    await complete(resource, server.url, AGAIN);
    expect(server.exchanges.length).toBeGreaterThan(0);
    expect(resource.length).toBe(0);
  });

  it('stops when it is unsubscribed', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = await downloaded(server);
    server.handle = () => undefined;
    const error = await failure(resource, server.url, { revalidate: true, timeout: 50, retry: false });
    expect(error.code).toBe('TIMEOUT');
    await server.quiet();
  });
});

describe('committed content of an earlier process that is validated anew', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidemark-http-'));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('cannot be told without an ETag: CHANGED, unless the length is to be trusted', async () => {
    const server = await TestServer.start(content, '"v1"');
    const path = join(folder, 'song.flac');
    writeFileSync(path, content);
    const resource: Resource = Resource.open(new MmapDriver({ path }));
    expect(await failure(resource, server.url, AGAIN)).toMatchObject({ code: 'CHANGED' });
    expect(server.exchanges).toEqual([]);
    await complete(resource, server.url, { ...AGAIN, trustLength: true });
    server.content = content.subarray(0, 10);
    const options = { ...AGAIN, trustLength: true };
    expect(await failure(resource, server.url, options)).toMatchObject({ code: 'CHANGED' });
    resource.close();
  });

  it('is told by the identity that was kept with it', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => serveConditionally(server, exchange);
    const resource = Resource.open(new MemDriver(), { identity: '"v1"' });
    resource.writeAll(content);
    await complete(resource, server.url, AGAIN);
    expect(server.sent).toBe(0);
    server.etag = '"v2"';
    expect(await failure(resource, server.url, AGAIN)).toMatchObject({ code: 'CHANGED' });
    resource.close();
  });
});
