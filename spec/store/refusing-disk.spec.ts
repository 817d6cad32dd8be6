import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { folderBackend } from '../../lib/node.js';
import { Store, type StoreEntry, type StoreOptions } from '../../lib/store.js';
import { faultyFiles, systemError } from '../drivers/mmap/faulty-files.js';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { bytes } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { range } from '../support/range.js';
import { freshFolder } from './stores.js';

const url = 'http://nowhere.test/';

/** A store in a folder, where no file can be made whose name ends with `refused`. */
async function openOnDisk(options: StoreOptions = {}, path = freshFolder()) {
  const disk = { refused: 'none' };
  const { files } = faultyFiles((call, [name]) => {
    if (call === 'open' && String(name).endsWith(disk.refused)) throw systemError('ENOSPC');
  });
  const store = await Store.open(folderBackend({ path, files }), options);
  return { store, disk, path };
}

async function untilEntry(store: Store, key: string, is: (entry: StoreEntry | undefined) => boolean): Promise<void> {
  for (let looks = 0; looks < 4000 && !is(store.entry(key)); looks++) await delay(5);
  expect(is(store.entry(key))).toBe(true);
}

describe('a store whose disk is full', () => {
  it('rejects what it was asked to keep, and counts and evicts as before', async () => {
    const { store, disk } = await openOnDisk({ maxBytes: 50_000 });
    for (const key of ['a', 'b']) {
      using lease = await store.acquire(key, { url });
      lease.resource?.writeAll(bytes(10_000));
    }
    const { bytes: before } = store.usage;
    disk.refused = '.entry.tmp';
    expect(await codeOf(store.update('a', { group: 'x' }))).toBe('NO_SPACE');
    expect(await codeOf(store.pin('a'))).toBe('NO_SPACE');
    expect(store.entry('a')).toMatchObject({ group: undefined, pinned: false });
    expect(store.usage).toMatchObject({ bytes: before, reclaimableBytes: before });
    disk.refused = '.entry';
    expect(await codeOf(store.acquire('c', { url }))).toBe('NO_SPACE');
    expect(store.keys).toEqual(['a', 'b']);
    disk.refused = 'none';
    await store.update('a', { group: 'x' });
    expect(store.entry('a')?.group).toBe('x');
    store.maxBytes = 20_000;
    expect(store.keys).toEqual(['b']);
    await store.close();
  });

  it('has a download complete, and its record rewritten as soon as there is room', async () => {
    const server = await TestServer.start(makeContent(100_000), '"v1"');
    server.manners = { headers: { 'content-type': 'audio/flac' } };
    const { store, disk, path } = await openOnDisk({ source: () => server.url });
    const lease = await store.acquire('song', { download: true });
    disk.refused = '.entry.tmp';
    await untilEntry(store, 'song', (entry) => entry?.state === 'complete');
    lease.close();
    disk.refused = 'none';
    await store.close();
    const again = await openOnDisk({}, path);
    expect(again.store.entry('song')).toMatchObject({
      state: 'complete',
      download: undefined,
      identity: '"v1"',
      contentType: 'audio/flac',
    });
    await again.store.close();
  });

  it('shows what is left of content that it could not keep', async () => {
    const { store, disk } = await openOnDisk();
    const lease = await store.acquire('song', { url });
    lease.resource?.writeAt(0, bytes(8000));
    await lease.resource?.checkpoint();
    lease.resource?.writeAt(8000, bytes(8000));
    disk.refused = '.part.coverage.tmp';
    lease.close();
    await untilEntry(store, 'song', (entry) => entry?.coveredBytes === 8000);
    disk.refused = 'none';
    using again = await store.acquire('song');
    expect(again.coveredBytes).toBe(8000);
    expect(again.has(range(0, 8000))).toBe(true);
    again.close();
    await store.close();
  });
});
