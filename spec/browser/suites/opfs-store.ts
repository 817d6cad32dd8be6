import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { openOpfs, opfsBackend } from '../../../lib/browser.js';
import type { SyncFile } from '../../../lib/drivers/opfs/folder.js';
import { attachReader } from '../../../lib/index.js';
import { Store, type StoreBackend, type StoreChange } from '../../../lib/store.js';
import { storeConformance } from '../../../lib/testing.js';
import { rejectionOf } from '../../support/code-of.js';
import { range } from '../../support/range.js';
import { isSame, pattern } from './pattern.js';

/** On real handles, in a dedicated worker. */

const CHUNK = 2 ** 24;
const url = 'http://nowhere.invalid/';
let count = 0;
const fresh = (): string => `stores/${(count += 1)}`;

async function folderOf(path: string): Promise<FileSystemDirectoryHandle> {
  const root = await navigator.storage.getDirectory();
  const stores = await root.getDirectoryHandle('stores');
  return stores.getDirectoryHandle(`${path.replace('stores/', '')}.tidemark-store`);
}

/** The sizes of all files of a store, by their names. */
async function sizesOf(path: string): Promise<Map<string, number>> {
  const sizes = new Map<string, number>();
  const folder = (await folderOf(path)) as unknown as {
    entries(): AsyncIterable<[string, FileSystemHandle]>;
  };
  for await (const [name, handle] of folder.entries()) {
    if (handle.kind !== 'file') continue;
    try {
      sizes.set(name, (await (handle as FileSystemFileHandle).getFile()).size);
    } catch (error) {
      // It was removed since it was listed.
      if ((error as Error).name !== 'NotFoundError') throw error;
    }
  }
  return sizes;
}

function chunkBytes(sizes: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [name, size] of sizes) if (name.startsWith('chunk-')) sum += size;
  return sum;
}

const paths = new Map<StoreBackend, string>();

storeConformance(
  { describe, it },
  {
    name: 'opfsBackend',
    create: () => {
      const path = fresh();
      const backend = opfsBackend({ path });
      paths.set(backend, path);
      return backend;
    },
    reopen: (previous) => {
      const path = paths.get(previous) ?? '';
      const backend = opfsBackend({ path });
      paths.set(backend, path);
      return backend;
    },
  },
);

describe('a store in the origin private file system', () => {
  it('is claimed while it is open, and waited for until it is free, or a signal fires', async () => {
    const path = fresh();
    const first = await Store.open(opfsBackend({ path }));
    expect(await rejectionOf(Store.open(opfsBackend({ path })))).toMatchObject({ code: 'CLAIMED', path });
    const aborted = rejectionOf(Store.open(opfsBackend({ path, wait: AbortSignal.timeout(20) })));
    expect(await aborted).toMatchObject({ code: 'CANCELLED', name: 'AbortError' });
    const second = Store.open(opfsBackend({ path, wait: true }));
    await first.close();
    await (await second).close();
    await (await Store.open(opfsBackend({ path }))).close();
  });

  it('is free for who waits as soon as the thread that has it has ended', async () => {
    const path = fresh();
    const script = new URL('/spec/support/threads/opfs-store-holder.js', location.origin);
    for (let turn = 0; turn < 5; turn += 1) {
      const worker = new Worker(`${script.href}?path=${path}`, { type: 'module' });
      await new Promise((resolve, reject) => {
        worker.onmessage = resolve;
        worker.onerror = ({ message }) => reject(new Error(message));
      });
      expect(await rejectionOf(Store.open(opfsBackend({ path })))).toMatchObject({ code: 'CLAIMED' });
      const waiting = Store.open(opfsBackend({ path, wait: true }));
      worker.terminate();
      const store = await waiting;
      expect(store.entry('song')?.coveredBytes).toBe(3 * CHUNK);
      await store.close();
    }
  });

  it('may have the path of a resource, and leaves that alone', async () => {
    const path = fresh();
    const resource = await openOpfs({ path });
    const store = await Store.open(opfsBackend({ path }));
    resource.writeAll(pattern(10));
    (await store.acquire('song', { url })).resource?.writeAll(pattern(20));
    resource.close();
    await store.close();
    const again = await openOpfs({ path });
    expect(again.readAll()).toHaveLength(10);
    again.discard({ committed: true });
  });

  it('lists what is not its own, and never touches it', async () => {
    const path = fresh();
    await (await Store.open(opfsBackend({ path }))).close();
    const folder = await folderOf(path);
    await folder.getFileHandle('notes.txt', { create: true });
    await folder.getFileHandle('chunk-01', { create: true });
    await folder.getDirectoryHandle('below', { create: true });
    // It has the name of one of ours, and is none.
    await folder.getDirectoryHandle('chunk-999', { create: true });
    const store = await Store.open(opfsBackend({ path }));
    expect(store.strangers).toEqual(['below', 'chunk-01', 'notes.txt']);
    await store.close();
    expect([...(await sizesOf(path)).keys()]).toEqual(expect.arrayContaining(['chunk-01', 'notes.txt']));
    await folder.getDirectoryHandle('chunk-999');
  });

  it('says what was damaged, and begins anew', async () => {
    const path = fresh();
    const store = await Store.open(opfsBackend({ path }));
    (await store.acquire('song', { url })).resource?.writeAll(pattern(100_000));
    await store.close();
    const chunk = await (await folderOf(path)).getFileHandle('chunk-0');
    const handle = await (chunk as unknown as { createSyncAccessHandle(): Promise<SyncFile> }).createSyncAccessHandle();
    handle.truncate(70_000);
    handle.close();
    const again = await Store.open(opfsBackend({ path }));
    const changes: StoreChange[] = [];
    again.changes$.subscribe((change) => changes.push(change));
    expect(changes).toMatchObject([{ kind: 'removed', key: 'song', reason: expect.stringContaining('chunk-0') }]);
    expect(again.keys).toEqual([]);
    await again.close();
  });

  it('gives the space of what is removed back', async () => {
    const path = fresh();
    const store = await Store.open(opfsBackend({ path }));
    const each = 6 * 2 ** 20;
    for (let index = 0; index < 12; index += 1) {
      const lease = await store.acquire(String(index), { url });
      lease.resource?.writeAt(0, pattern(each, index));
      await lease.resource?.checkpoint();
      lease.resource?.commit();
      lease.close();
    }
    expect(chunkBytes(await sizesOf(path))).toBeGreaterThanOrEqual(12 * each);
    for (let index = 0; index < 12; index += 1) if (index % 4 > 0) await store.remove(String(index));
    const kept = 3 * each;
    for (let tries = 0; tries < 100 && chunkBytes(await sizesOf(path)) > 1.05 * kept + CHUNK; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(chunkBytes(await sizesOf(path))).toBeLessThanOrEqual(1.05 * kept + CHUNK);
    for (const index of [0, 4, 8]) {
      const lease = await store.acquire(String(index));
      expect(isSame(lease.resource?.readAll() ?? new Uint8Array(), pattern(each, index))).toBe(true);
    }
    await store.close();
  });

  it('is read by other threads through a cache', async () => {
    const store = await Store.open(opfsBackend({ path: fresh() }));
    const lease = await store.acquire('song', { url });
    const { resource } = lease;
    if (resource === undefined) throw new Error('It has no resource.');
    resource.writeAt(0, pattern(300_000));
    const reader = attachReader(resource.createPort().handle);
    const target = new Uint8Array(2 ** 16);
    expect(reader.readAt(0, target)).toBe(0);
    expect(isSame(await firstValueFrom(reader.read(range(10, 20))), pattern(20).subarray(10))).toBe(true);
    expect(reader.readAt(0, target)).toBe(2 ** 16);
    await store.close();
  });
});
