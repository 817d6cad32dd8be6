import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { memoryBackend } from 'tidemark/store';
import { folderBackend } from '../../lib/node.js';
import { Store } from '../../lib/store.js';
import { NODE_FILES } from '../../lib/drivers/mmap/files/file-system.js';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { bytes } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { range } from '../support/range.js';
import { BACKENDS, freshFolder, openStore, put, until, untilComplete } from './stores.js';

const content = makeContent(400_000);

describe.each(BACKENDS)('the room of a store %s', (_name, backend) => {
  it('is made as soon as a lease, or a pin, ends that stood in the way', async () => {
    const store = await openStore(backend());
    await put(store, 'a', content);
    await put(store, 'b', content);
    await store.pin('b');
    const lease = await store.acquire('a');
    store.maxBytes = 100_000;
    expect(store.keys).toEqual(['a', 'b']);
    lease.close();
    await Promise.resolve();
    expect(store.keys).toEqual(['b']);
    await store.pin('b', false);
    expect(store.keys).toEqual([]);
  });

  it('is not made in a store that is closed', async () => {
    const place = backend();
    const store = await openStore(place);
    await put(store, 'a', content);
    await store.close();
    const again = await openStore(place);
    expect(codeOf(() => (store.maxBytes = 0))).toBe('CLOSED');
    expect(again.entry('a')?.state).toBe('complete');
    using lease = await again.acquire('a');
    expect(Buffer.compare(lease.resource?.readAll() ?? bytes(0), content)).toBe(0);
  });

  it('is refused to a part that is larger than all of it', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend(), { maxBytes: 200_000 });
    await store.download('song', { url: server.url, range: range(0, 300_000) });
    const failed = await until(store, 'song', (entry) => entry?.download?.state === 'failed');
    expect(failed?.download?.lastError?.code).toBe('NO_SPACE');
  });

  it('is enough for a part that ends behind the content', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(backend(), { maxBytes: 600_000 });
    await store.download('song', { url: server.url, range: range(350_000, Number.MAX_SAFE_INTEGER) });
    await until(store, 'song', (entry) => entry?.download === undefined);
    expect(store.entry('song')?.coveredBytes).toBeGreaterThanOrEqual(50_000);
  });

  it('of everything is not given away by a group without a name', async () => {
    const store = await openStore(backend());
    await put(store, 'a', content);
    expect(await codeOf(store.remove({} as { group: string }))).toBeDefined();
    expect(store.keys).toEqual(['a']);
  });
});

describe('groups of a store', () => {
  it('take turns at the room that they do not have together, and ask the server once each', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore(memoryBackend(), { maxBytes: 1_500_000, by: 'group', source: () => server.url });
    for (const group of ['a', 'b']) await put(store, `${group}1`, bytes(500_000), { group });
    server.bytesPerSecond = 800_000;
    await store.download('a2', { group: 'a' });
    await store.download('b2', { group: 'b' });
    await untilComplete(store, 'a2');
    await untilComplete(store, 'b2');
    expect(server.exchanges.length).toBeLessThan(8);
  });

  it('keep what a subscriber takes a lease of while they go', async () => {
    const store = await openStore(memoryBackend(), { maxBytes: 1_300_000, by: 'group' });
    for (const key of ['a1', 'a2']) await put(store, key, content, { group: 'a' });
    const leases: unknown[] = [];
    store.changes$.subscribe(({ kind, key }) => {
      if (kind === 'evicted' && key === 'a1') void store.acquire('a2').then((lease) => leases.push(lease));
    });
    await put(store, 'b', bytes(600_000), { group: 'b' });
    expect(store.entry('a2')).toMatchObject({ state: 'complete', leases: 1 });
  });
});

describe('the free space of the file system', () => {
  it('lets a download go on when others give some of it back', async () => {
    const server = await TestServer.start(content, '"v1"');
    let free = 1000;
    const backend = folderBackend({ path: freshFolder(), files: { ...NODE_FILES, freeBytes: () => free } });
    const store = await Store.open(backend, { minFreeBytes: 100_000, source: () => server.url });
    try {
      free = 150_000;
      await store.download('song');
      for (let looks = 0; looks < 100 && store.entry('song')?.download?.state !== 'queued'; looks++) await delay(10);
      await server.quiet();
      expect(store.entry('song')).toMatchObject({ coveredBytes: 0, download: { state: 'queued' } });
      free = 10_000_000;
      for (let looks = 0; looks < 500 && store.entry('song')?.state !== 'complete'; looks++) await delay(10);
      expect(store.entry('song')?.state).toBe('complete');
    } finally {
      await store.close();
    }
  });
});
