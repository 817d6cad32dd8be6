import { describe, expect, it } from '@jest/globals';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { join } from 'node:path';
import { folderBackend, MmapDriver } from 'tidemark/node';
import { range } from '../support/range.js';
import { BACKENDS, freshFolder, namesIn, openStore, until, untilComplete, untilState } from './stores.js';

const content = makeContent(500_000);

/** A download that has begun, of a URL that was given in the call, and is paused. */
async function paused(backend: (typeof BACKENDS)[number][1], source?: () => undefined) {
  const server = await TestServer.start(content, '"v1"');
  server.bytesPerSecond = 500_000;
  const place = backend();
  const store = await openStore(place, { source });
  await store.download('song', { url: server.url });
  await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
  await store.pause('song');
  await server.quiet();
  server.bytesPerSecond = Infinity;
  return { server, store, place };
}

describe.each(BACKENDS)('what is to be downloaded into a store %s', (_name, backend) => {
  it('goes on from the URL that was given, when it is asked for again by its key', async () => {
    const { store } = await paused(backend);
    await store.download('song');
    await untilComplete(store, 'song');
    expect(store.entry('song')?.coveredBytes).toBe(content.length);
  });

  it('goes on from the URL that was given where the source does not know the key', async () => {
    const { store, place } = await paused(backend, () => undefined);
    await store.close();
    const again = await openStore(place, { source: () => undefined });
    await again.download('song');
    await untilComplete(again, 'song');
    expect(again.entry('song')?.coveredBytes).toBe(content.length);
  });

  it('stays paused when a part is fetched for a lease', async () => {
    const { server, store } = await paused(backend);
    const part = range(450_000, 460_000);
    using lease = await store.acquire('song', { url: server.url, download: true, range: part });
    await until(store, 'song', () => lease.has(part));
    await untilState(store, 'song', 'paused');
    expect(server.exchanges.length).toBeGreaterThan(1);
  });

  it('is paused after it has failed, if that is asked for', async () => {
    const server = await TestServer.start(content);
    server.manners = { status: 404 };
    const store = await openStore(backend());
    await store.download('song', { url: server.url });
    await untilState(store, 'song', 'failed');
    await store.pause('song');
    expect(store.entry('song')?.download?.state).toBe('paused');
  });
});

it('what is there of a download is durable once it is paused', async () => {
  const path = freshFolder();
  const { server, store } = await paused(() => folderBackend({ path }));
  // It stays open as long as somebody has it.
  using lease = await store.acquire('song');
  const before = lease.coveredBytes;
  server.bytesPerSecond = 500_000;
  await store.download('song');
  await until(store, 'song', () => lease.coveredBytes > before);
  await store.pause('song');
  const names = namesIn(path).map((name) => name.replace(/\.part.*/, ''));
  const kept = names.map((name) => MmapDriver.inspect(join(path, name))).find(({ from }) => from === 'partial');
  expect(kept?.coveredBytes).toBe(lease.coveredBytes);
});
