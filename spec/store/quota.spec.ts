import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { memoryBackend, type StoreEntry } from 'tidemark/store';
import { folderBackend } from 'tidemark/node';
import { bytes } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { BACKENDS, freshFolder, listen, openStore, put } from './stores.js';

const url = 'http://nowhere.test/';
const UNIT = 64 * 1024;
const content = bytes(UNIT);
/** Room for so many entries of one unit, in any of the backends. */
const roomFor = (entries: number): number => entries * (UNIT + 3 * 4096) + 4096;

describe.each(BACKENDS)('the quota of a store %s', (_name, backend) => {
  it('evicts what was used longest ago', async () => {
    const store = await openStore(backend(), { maxBytes: roomFor(3) });
    for (const key of ['a', 'b', 'c']) await put(store, key, content);
    const heard = listen(store);
    (await store.acquire('a')).close();
    await put(store, 'd', content);
    await put(store, 'e', content);
    expect(heard.kinds.find((kind) => kind.startsWith('evicted'))).toBe('evicted b');
    expect(store.entry('a')?.state).toBe('complete');
    expect(store.entry('b')).toBeUndefined();
    expect(store.usage.bytes).toBeLessThanOrEqual(roomFor(3));
  });

  it('is never exceeded by more than a chunk, in whatever order things are written', async () => {
    const store = await openStore(backend(), { maxBytes: roomFor(4) });
    const most = roomFor(4) + 8192;
    for (let index = 0; index < 30; index++) {
      using lease = await store.acquire(`${index}`, { url });
      for (let at = 0; at < UNIT; at += 8192) {
        lease.resource?.writeAt(at, content.subarray(at, at + 8192));
        expect(store.usage.bytes).toBeLessThanOrEqual(most);
      }
      if (index % 3 > 0) lease.resource?.commit();
    }
    expect(store.keys.length).toBeGreaterThan(2);
  });

  it('leaves alone what is pinned, until the pin ends', async () => {
    const store = await openStore(backend(), { maxBytes: roomFor(3) });
    await put(store, 'a', content);
    await put(store, 'b', content);
    await store.pin('a');
    await store.pin('b', true, { until: Date.now() + 400 });
    for (const key of ['c', 'd', 'e', 'f']) await put(store, key, content);
    expect(store.entry('a')?.pinned).toBe(true);
    expect(store.entry('b')?.pinned).toBe(true);
    const unpinned = new Promise<StoreEntry | undefined>((resolve) => {
      store.entry$('b').subscribe((entry) => {
        if (entry?.pinned !== true) resolve(entry);
      });
    });
    expect(await unpinned).toMatchObject({ pinned: false, state: 'complete' });
    for (const key of ['g', 'h']) await put(store, key, content);
    expect(store.entry('b')).toBeUndefined();
    await store.pin('a', false);
    for (const key of ['i', 'j', 'k']) await put(store, key, content);
    expect(store.entry('a')).toBeUndefined();
  });

  it('leaves alone what somebody has a lease of', async () => {
    const store = await openStore(backend(), { maxBytes: roomFor(2) });
    using lease = await store.acquire('a', { url });
    lease.resource?.writeAll(content);
    for (const key of ['b', 'c', 'd']) await put(store, key, content);
    expect(store.keys).toContain('a');
    expect(Buffer.compare(lease.resource?.readAll() ?? content.subarray(1), content)).toBe(0);
  });

  it('refuses what cannot fit, and evicts nothing for it', async () => {
    const store = await openStore(backend(), { maxBytes: roomFor(2) });
    await put(store, 'a', content);
    using lease = await store.acquire('b', { url });
    expect(codeOf(() => lease.resource?.writeAt(0, bytes(roomFor(3))))).toBe('NO_SPACE');
    expect(store.entry('a')?.state).toBe('complete');
    lease.resource?.writeAll(content);
    expect(store.entry('b')?.state).toBe('complete');
  });

  it('evicts when it becomes less, as far as may be', async () => {
    const store = await openStore(backend(), { maxBytes: roomFor(4) });
    for (const key of ['a', 'b', 'c', 'd']) await put(store, key, content);
    await store.pin('a');
    store.maxBytes = roomFor(2);
    expect(store.keys).toEqual(['a', 'd']);
    store.maxBytes = 0;
    expect(store.keys).toEqual(['a']);
    expect(codeOf(() => (store.maxBytes = -1))).toBe('INVALID_ARGUMENT');
    store.maxBytes = undefined;
    for (const key of ['b', 'c', 'd', 'e', 'f']) await put(store, key, content);
    expect(store.keys).toHaveLength(6);
  });

  it('evicts whole groups', async () => {
    const store = await openStore(backend(), { maxBytes: roomFor(5), by: 'group' });
    await put(store, 'a1', content, { group: 'a' });
    await put(store, 'b1', content, { group: 'b' });
    await put(store, 'a2', content, { group: 'a' });
    await put(store, 'b2', content, { group: 'b' });
    await store.pin('b1');
    await put(store, 'c', content);
    const heard = listen(store);
    for (const key of ['d', 'e', 'f', 'g']) await put(store, key, content);
    // Of b, which was used before the others, one is pinned: so none of it goes.
    const evicted = heard.kinds.filter((kind) => kind.startsWith('evicted'));
    expect(evicted.slice(0, 3)).toEqual(['evicted a1', 'evicted a2', 'evicted c']);
    expect(store.keys.slice(0, 2)).toEqual(['b1', 'b2']);
  });

  it('holds after it was opened again with less', async () => {
    const place = backend();
    const store = await openStore(place);
    for (const key of ['a', 'b', 'c', 'd']) await put(store, key, content);
    await store.close();
    const again = await openStore(place, { maxBytes: roomFor(2) });
    expect(again.keys).toEqual(['c', 'd']);
    expect(listen(again).kinds).toEqual(['evicted a', 'evicted b']);
  });
});

describe('partial content', () => {
  it('gives up what is farthest from where it was read last, where its driver can', async () => {
    const store = await openStore(folderBackend({ path: freshFolder() }), { maxBytes: 8 * 2 ** 20 });
    const large = bytes(6 * 2 ** 20);
    const lease = await store.acquire('partial', { url });
    lease.resource?.writeAt(0, large);
    await firstValueFrom(lease.read({ start: 2 ** 20, end: 2 ** 20 + 10 }));
    lease.close();
    await delay(50);
    const heard = listen(store);
    await put(store, 'other', bytes(4 * 2 ** 20));
    expect(heard.changes.find(({ kind }) => kind === 'evicted')).toMatchObject({ key: 'partial' });
    const entry = store.entry('partial');
    expect(entry?.coveredBytes).toBeGreaterThan(2 ** 20);
    expect(entry?.coveredBytes).toBeLessThan(4 * 2 ** 20);
    using again = await store.acquire('partial');
    expect(again.has({ start: 0, end: 2 * 2 ** 20 })).toBe(true);
    expect(again.has({ start: 5 * 2 ** 20, end: 6 * 2 ** 20 })).toBe(false);
    expect(store.usage.bytes).toBeLessThanOrEqual(8 * 2 ** 20);
  });

  it('goes as a whole in memory', async () => {
    const store = await openStore(memoryBackend(), { maxBytes: 100_000 });
    const lease = await store.acquire('partial', { url });
    lease.resource?.writeAt(0, bytes(60_000));
    lease.close();
    await put(store, 'other', bytes(50_000));
    expect(store.keys).toEqual(['other']);
  });
});

describe('minFreeBytes', () => {
  it('leaves room of the file system to others', async () => {
    const huge = 2 ** 52;
    const store = await openStore(folderBackend({ path: freshFolder() }), { minFreeBytes: huge });
    expect(await codeOf(put(store, 'a', content))).toBe('NO_SPACE');
    const other = await openStore(folderBackend({ path: freshFolder() }), { minFreeBytes: 1 });
    await put(other, 'a', content);
    expect(other.keys).toEqual(['a']);
  });
});
