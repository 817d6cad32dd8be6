import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, NEVER } from 'rxjs';
import { Downloader } from 'tidemark/http';
import { memoryBackend } from 'tidemark/store';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { codeOf, rejectionOf } from '../support/code-of.js';
import { range } from '../support/range.js';
import { BACKENDS, get, listen, openStore, until, untilComplete, untilState } from './stores.js';

const content = makeContent(500_000);
const noRetry = new Downloader({ retry: false });

describe.each(BACKENDS)('the downloads of a store %s', (_name, backend) => {
  it('fetch what is missing, for as long as there is a lease', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend());
    const heard = listen(store);
    using lease = await store.acquire('song', { url: server.url, download: true });
    const read = await firstValueFrom(lease.read(range(400_000, 400_010)));
    expect(Buffer.compare(read, content.subarray(400_000, 400_010))).toBe(0);
    await untilComplete(store, 'song');
    expect(Buffer.compare(await get(store, 'song'), content)).toBe(0);
    expect(heard.kinds).toEqual(['added song', 'complete song']);
    expect(store.entry('song')).toMatchObject({ identity: '"v1"', download: undefined });
    expect(store.entry('song')?.validatedAt).toBeGreaterThan(Date.now() - 60_000);
  });

  it('are one of a key, whoever asks', async () => {
    const server = await TestServer.start(content, '"v1"');
    const alone = await openStore(memoryBackend());
    using _one = await alone.acquire('song', { url: server.url, download: true });
    await untilComplete(alone, 'song');
    const needed = server.exchanges.length;
    const store = await openStore(backend());
    const asked = Array.from({ length: 100 }, () => store.acquire('song', { url: server.url, download: true }));
    const leases = await Promise.all(asked);
    await untilComplete(store, 'song');
    expect(server.exchanges).toHaveLength(2 * needed);
    for (const lease of leases) lease.close();
  });

  it('end with the last lease', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 200_000;
    const store = await openStore(backend());
    const [one, other] = await Promise.all([
      store.acquire('song', { url: server.url, download: true }),
      store.acquire('song', { url: server.url, download: true }),
    ]);
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    one.close();
    expect(store.entry('song')?.download).toBeDefined();
    other.close();
    expect(store.entry('song')?.download).toBeUndefined();
    await server.quiet();
    expect(store.entry('song')).toMatchObject({ state: 'partial', leases: 0 });
  });

  it('fetch nothing for who does not ask for it', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend());
    using lease = await store.acquire('song', { url: server.url });
    lease.read(range(0, 10)).subscribe({ error: () => undefined });
    expect(await firstValueFrom(lease.resource?.demand$ ?? NEVER)).toMatchObject([{ range: range(0, 10) }]);
    await delay(50);
    expect(server.exchanges).toEqual([]);
  });

  it('fetch a part where only that is wanted', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend());
    using lease = await store.acquire('song', { url: server.url, download: true, range: range(1000, 50_000) });
    await firstValueFrom(lease.waitRange(range(1000, 50_000)));
    await until(store, 'song', (entry) => entry?.download === undefined);
    expect(lease.coverage.toArray()).toEqual([range(1000, 50_000)]);
    using all = await store.acquire('song', { url: server.url, download: true });
    await untilComplete(store, 'song');
    expect(all.status.state).toBe('committed');
  });

  it('fetch only a part again once nobody wants all any more', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 200_000;
    const store = await openStore(backend());
    using part = await store.acquire('song', { url: server.url, download: true, range: range(400_000, 450_000) });
    const all = await store.acquire('song', { url: server.url, download: true });
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    all.close();
    await until(store, 'song', (entry) => entry?.download === undefined);
    await server.quiet();
    expect(part.has(range(400_000, 450_000))).toBe(true);
    expect(part.coveredBytes).toBeLessThan(300_000);
  });

  it('run some at once, in their order, however many there are', async () => {
    const server = await TestServer.start(content.subarray(0, 1000), '"v1"');
    server.bytesPerSecond = 100_000;
    const store = await openStore(backend(), { source: (key) => `${server.origin}/${key}` });
    let most = 0;
    store.downloader.downloads$.subscribe((downloads) => (most = Math.max(most, downloads.length)));
    const keys = Array.from({ length: 100 }, (_, index) => `song ${index}`);
    await Promise.all(keys.map((key) => store.download(key)));
    for (const key of keys) await untilComplete(store, key);
    expect(most).toBeGreaterThan(6);
    expect(most).toBeLessThan(40);
  });

  it('commit all of it, whatever the options of a source say', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend(), {
      source: () => ({ url: server.url, range: range(0, 1000), commit: false, onError: 'fail' }),
    });
    await store.download('song');
    await untilComplete(store, 'song');
    expect(Buffer.compare(await get(store, 'song'), content)).toBe(0);
  });

  it('take keys alone where a source knows them, and ask it when bytes are fetched', async () => {
    const server = await TestServer.start(content, '"v1"');
    const asked: (string | undefined)[] = [];
    const store = await openStore(backend(), {
      source: (key, entry) => {
        asked.push(entry?.state);
        return key === 'song' ? { url: server.url, retry: false } : undefined;
      },
    });
    await store.download('song');
    await untilComplete(store, 'song');
    expect(asked).toEqual([undefined, 'partial']);
    using lease = await store.acquire('song', { download: true });
    expect(lease.status.state).toBe('committed');
    expect(asked).toHaveLength(2);
    expect(await codeOf(store.acquire('other', { download: true }))).toBe('NOT_FOUND');
    expect(store.keys).toEqual(['song']);
  });

  it('know the media type from the answer', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.manners = { headers: { 'content-type': 'audio/flac' } };
    const place = backend();
    const store = await openStore(place);
    await store.download('song', { url: server.url });
    await untilComplete(store, 'song');
    await store.close();
    const again = await openStore(place);
    expect(again.entry('song')?.contentType).toBe('audio/flac');
    using lease = await again.acquire('song');
    expect(lease.contentType).toBe('audio/flac');
  });

  it('go on by themselves when the store is opened again', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 400_000;
    const place = backend();
    const options = { source: () => server.url };
    const store = await openStore(place, options);
    await store.download('song');
    await store.download('paused');
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    await store.pause('paused');
    await store.close();
    const covered = store.entry('song')?.coveredBytes ?? 0;
    expect(covered).toBeGreaterThan(0);
    server.bytesPerSecond = Infinity;
    const before = server.sent;
    const again = await openStore(place, options);
    expect(again.entry('paused')?.download?.state).toBe('paused');
    await untilComplete(again, 'song');
    expect(server.sent - before).toBeLessThanOrEqual(content.length - covered + 100_000);
    expect(Buffer.compare(await get(again, 'song'), content)).toBe(0);
    expect(again.entry('paused')).toMatchObject({ state: 'partial', download: { state: 'paused' } });
    await again.download('paused');
    await untilComplete(again, 'paused');
  });

  it('stop when they are paused, and keep what is there', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 500_000;
    const store = await openStore(backend());
    await store.download('song', { url: server.url });
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    await store.pause('song');
    await server.quiet();
    expect(store.entry('song')).toMatchObject({ state: 'partial', download: { state: 'paused' } });
    expect(store.entry('song')?.coveredBytes).toBeGreaterThan(0);
    server.bytesPerSecond = Infinity;
    await store.download('song', { url: server.url });
    await untilComplete(store, 'song');
    await store.pause('song');
    expect(store.entry('song')?.download).toBeUndefined();
  });

  it('tell what fails, throw it at nobody, and try again when they are asked to', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.manners = { status: 404, body: Buffer.from('nothing') };
    const store = await openStore(backend(), { downloader: noRetry, source: () => server.url });
    const heard = listen(store);
    await store.download('song');
    const failed = await untilState(store, 'song', 'failed');
    expect(failed?.download).toMatchObject({ state: 'failed', lastError: { code: 'HTTP', httpStatus: 404 } });
    expect(heard.kinds).toEqual(['added song', 'failed song']);
    expect(heard.changes.at(-1)?.reason).toMatch(/404/);
    using lease = await store.acquire('song');
    expect(lease.status.state).toBe('active');
    server.manners = {};
    await store.download('song');
    await untilComplete(store, 'song');
    expect(lease.status.state).toBe('committed');
  });

  it('fail where the source throws, or has forgotten the key', async () => {
    let source = (): string | undefined => 'http://nowhere.test/';
    const store = await openStore(backend(), { source: () => source() });
    using _one = await store.acquire('one');
    source = () => {
      throw new Error('no network');
    };
    await store.download('one');
    expect((await untilState(store, 'one', 'failed'))?.download?.lastError?.message).toMatch(/no network/);
    source = () => undefined;
    await store.download('one');
    await until(store, 'one', (entry) => entry?.download?.lastError?.code === 'NOT_FOUND');
  });

  it('stop when the entry is removed', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 200_000;
    const store = await openStore(backend());
    await store.download('song', { url: server.url });
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    await store.remove('song');
    await server.quiet();
    expect(store.keys).toEqual([]);
    expect(store.usage.bytes).toBe(0);
  });

  it('begin anew what is of an older version, and end its leases with CHANGED', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1_000_000;
    const store = await openStore(backend(), { source: () => server.url });
    await store.download('song');
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    await store.pause('song');
    const lease = await store.acquire('song');
    const ended = rejectionOf(firstValueFrom(lease.waitRange(range(0, 500_000))));
    server.content = makeContent(600_000).reverse();
    server.etag = '"v2"';
    server.bytesPerSecond = Infinity;
    await store.download('song');
    expect((await ended).code).toBe('CHANGED');
    expect(lease.status.state).toBe('closed');
    await untilComplete(store, 'song');
    expect(Buffer.compare(await get(store, 'song'), server.content)).toBe(0);
    expect(store.entry('song')?.identity).toBe('"v2"');
  });
});

describe('downloads under a quota', () => {
  const overhead = (name: string): number => (name === 'in memory' ? 0 : 16_384);

  it.each(BACKENDS)('wait for each other, and none for ever, %s', async (name, backend) => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 4_000_000;
    const store = await openStore(backend(), { maxBytes: 800_000 + 2 * overhead(name), source: () => server.url });
    let most = 0;
    const looking = setInterval(() => {
      most = Math.max(most, store.usage.bytes);
    }, 1);
    await Promise.all(['a', 'b', 'c'].map((key) => store.download(key)));
    const heard = listen(store);
    await untilComplete(store, 'a');
    await untilComplete(store, 'b');
    await untilComplete(store, 'c');
    clearInterval(looking);
    expect(heard.kinds.filter((kind) => /complete|failed/.test(kind))).toEqual(
      expect.arrayContaining(['complete b', 'complete c']),
    );
    expect(most).toBeLessThanOrEqual(800_000 + 2 * overhead(name) + 65_536);
    expect(heard.kinds.some((kind) => kind.startsWith('failed'))).toBe(false);
  });

  it.each(BACKENDS)('tell what is larger than all there is, %s', async (_name, backend) => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend(), { maxBytes: 400_000, source: () => server.url });
    await store.download('film');
    const failed = await untilState(store, 'film', 'failed');
    expect(failed?.download?.lastError?.code).toBe('NO_SPACE');
    expect(failed?.coveredBytes).toBe(0);
    store.maxBytes = 1_000_000;
    await store.download('film');
    await untilComplete(store, 'film');
  });

  it.each(BACKENDS)('tell it of what never says how long it is, %s', async (_name, backend) => {
    const server = await TestServer.start(content);
    server.handle = ({ response }) => {
      response.writeHead(200);
      response.end(content);
    };
    const store = await openStore(backend(), { maxBytes: 300_000, source: () => server.url });
    await store.download('film');
    const failed = await untilState(store, 'film', 'failed');
    expect(failed?.download?.lastError?.code).toBe('NO_SPACE');
  });

  it.each(BACKENDS)('wait where what is there must stay, and go on when it may go, %s', async (name, backend) => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend(), { maxBytes: 800_000 + 2 * overhead(name), source: () => server.url });
    await store.download('pinned');
    await untilComplete(store, 'pinned');
    await store.pin('pinned');
    await store.download('next');
    await untilState(store, 'next', 'queued');
    await delay(100);
    expect(store.entry('next')).toMatchObject({ coveredBytes: 0, download: { state: 'queued' } });
    await store.pin('pinned', false);
    await untilComplete(store, 'next');
    expect(store.entry('pinned')).toBeUndefined();
  });

  it('go first by priority', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 3_000_000;
    const store = await openStore(memoryBackend(), { maxBytes: 600_000, source: () => server.url });
    const heard = listen(store);
    await store.download('later', { priority: 'background' });
    await until(store, 'later', (entry) => (entry?.coveredBytes ?? 0) > 0);
    using _lease = await store.acquire('now', { download: true });
    await untilComplete(store, 'now');
    expect(heard.kinds).not.toContain('complete later');
    expect(store.entry('later')?.download?.state).toBe('queued');
  });
});
