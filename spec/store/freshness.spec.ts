import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Downloader } from 'tidemark/http';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { codeOf } from '../support/code-of.js';
import { BACKENDS, get, listen, openStore, untilComplete } from './stores.js';

const content = makeContent(200_000);
const other = Buffer.from(content).reverse();
const noRetry = new Downloader({ retry: false });

/** A server that answers conditional requests, and a store that has its content. */
async function start(backend: (typeof BACKENDS)[number][1], downloader = noRetry) {
  const server = await TestServer.start(content, '"v1"');
  server.handle = (exchange) => {
    const isKnown = exchange.request.headers['if-none-match'] === server.etag;
    return server.serve(exchange, isKnown ? { ...server.manners, status: 304, body: Buffer.alloc(0) } : server.manners);
  };
  const place = backend();
  const store = await openStore(place, { source: () => server.url, downloader });
  await store.download('song');
  await untilComplete(store, 'song');
  server.exchanges = [];
  return { server, store, place };
}

describe.each(BACKENDS)('the freshness of a store %s', (_name, backend) => {
  it('asks nothing within maxAge, and nobody without it', async () => {
    const { server, store } = await start(backend);
    using _one = await store.acquire('song', { maxAge: 60_000 });
    using _other = await store.acquire('song');
    expect(server.exchanges).toEqual([]);
  });

  it('asks once for all past maxAge, and fetches nothing that has not changed', async () => {
    const { server, store } = await start(backend);
    const before = store.entry('song')?.validatedAt ?? 0;
    const leases = await Promise.all(Array.from({ length: 20 }, () => store.acquire('song', { maxAge: 0 })));
    expect(server.exchanges.map(({ status }) => status)).toEqual([304]);
    expect(store.entry('song')?.validatedAt).toBeGreaterThanOrEqual(before);
    for (const lease of leases) expect(lease.status.state).toBe('committed');
    for (const lease of leases) lease.close();
  });

  it('fetches a new version beside the old, which old leases keep', async () => {
    const { server, store, place } = await start(backend);
    const heard = listen(store);
    const old = await store.acquire('song');
    server.content = other;
    server.etag = '"v2"';
    using lease = await store.acquire('song', { maxAge: 0 });
    expect(heard.kinds).toEqual(['replaced song']);
    expect(store.entry('song')).toMatchObject({ identity: '"v2"', state: 'complete', leases: 2 });
    expect(Buffer.compare(lease.resource?.readAll() ?? content, other)).toBe(0);
    expect(Buffer.compare(old.resource?.readAll() ?? other, content)).toBe(0);
    old.close();
    lease.close();
    await store.close();
    const again = await openStore(place);
    using found = await again.acquire('song');
    expect(Buffer.compare(found.resource?.readAll() ?? content, other)).toBe(0);
    expect(again.entry('song')?.identity).toBe('"v2"');
  });

  it('counts what old leases keep, until they are closed', async () => {
    const { server, store } = await start(backend);
    const { bytes: before } = store.usage;
    const old = await store.acquire('song');
    server.content = other;
    server.etag = '"v2"';
    using lease = await store.acquire('song', { maxAge: 0 });
    expect(store.usage.bytes).toBeGreaterThanOrEqual(before + content.length);
    await store.update('song', { group: 'counted again' });
    expect(store.usage.bytes).toBeGreaterThanOrEqual(before + content.length);
    old.close();
    expect(store.usage.bytes).toBeLessThanOrEqual(before);
    expect(lease.status.state).toBe('committed');
  });

  it('has nothing to do with what is stored under a key that was removed meanwhile', async () => {
    const { server, store, place } = await start(backend);
    server.content = other;
    server.etag = '"v2"';
    server.bytesPerSecond = 100_000;
    const before = server.sent;
    const renewed = store.acquire('song', { maxAge: 0 });
    while (server.sent - before < 20_000) await delay(5);
    await store.remove('song');
    server.bytesPerSecond = Infinity;
    (await renewed).close();
    await store.download('song');
    await untilComplete(store, 'song');
    await delay(2500);
    await server.quiet();
    expect(Buffer.compare(await get(store, 'song'), other)).toBe(0);
    await store.close();
    const again = await openStore(place);
    expect(Buffer.compare(await get(again, 'song'), other)).toBe(0);
  });

  it('serves what it has where the network fails', async () => {
    const { server, store } = await start(backend, new Downloader());
    server.manners = { cutAfter: 0, status: 200 };
    using lease = await store.acquire('song', { maxAge: 0 });
    expect(server.exchanges).toHaveLength(1);
    expect(Buffer.compare(lease.resource?.readAll() ?? other, content)).toBe(0);
    server.close();
    using again = await store.acquire('song', { maxAge: 0 });
    expect(again.status.state).toBe('committed');
  });

  it('serves what it has where the new version cannot be fetched, and leaves nothing of that', async () => {
    const { server, store } = await start(backend);
    server.content = other;
    server.etag = '"v2"';
    server.manners = { cutAfter: 1000 };
    const { bytes } = store.usage;
    using lease = await store.acquire('song', { maxAge: 0 });
    expect(Buffer.compare(lease.resource?.readAll() ?? other, content)).toBe(0);
    expect(store.usage.bytes).toBe(bytes);
    server.manners = {};
    using fresh = await store.acquire('song', { maxAge: 0 });
    expect(Buffer.compare(fresh.resource?.readAll() ?? content, other)).toBe(0);
  });

  it('can be given up', async () => {
    const { server, store } = await start(backend);
    server.latency = 60_000;
    const abort = new AbortController();
    const acquired = codeOf(store.acquire('song', { maxAge: 0, signal: abort.signal }));
    abort.abort();
    expect(await acquired).toBe('CANCELLED');
    const waiting = codeOf(store.acquire('song', { maxAge: 0 }));
    await store.close();
    expect(await waiting).toBe('CLOSED');
  });
});
