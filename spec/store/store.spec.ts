import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { Resource } from 'tidemark';
import { memoryBackend, Store, type StoreEntry, type StoreUsage } from 'tidemark/store';
import { bytes } from '../support/bytes.js';
import { codeOf, rejectionOf } from '../support/code-of.js';
import { range } from '../support/range.js';
import { BACKENDS, get, listen, openStore, put } from './stores.js';

const url = 'http://nowhere.test/';
const content = bytes(10_000);

describe.each(BACKENDS)('a store %s', (_name, backend) => {
  it('keeps what was put under a key, for who acquires it later and for who opens it again', async () => {
    const place = backend();
    const store = await openStore(place);
    await put(store, 'song', content);
    expect(Buffer.compare(await get(store, 'song'), content)).toBe(0);
    await store.close();
    const again = await openStore(place);
    expect(again.keys).toEqual(['song']);
    expect(Buffer.compare(await get(again, 'song'), content)).toBe(0);
  });

  it('opens one resource of a key, whoever asks', async () => {
    const store = await openStore(backend());
    const leases = await Promise.all(Array.from({ length: 100 }, () => store.acquire('song', { url })));
    expect(new Set(leases.map(({ resource }) => resource)).size).toBe(1);
    expect(store.entry('song')?.leases).toBe(100);
    for (const lease of leases) lease.close();
    expect(store.entry('song')?.leases).toBe(0);
  });

  it('keeps partial content, and goes on with it', async () => {
    const place = backend();
    const store = await openStore(place);
    const lease = await store.acquire('song', { url });
    lease.resource?.writeAt(5000, content.subarray(5000));
    lease.close();
    await store.close();
    const again = await openStore(place);
    expect(again.entry('song')).toMatchObject({ state: 'partial', coveredBytes: 5000 });
    using more = await again.acquire('song');
    expect(more.coverage.toArray()).toEqual([range(5000, 10_000)]);
    more.resource?.writeAt(0, content.subarray(0, 5000));
    more.resource?.commit();
    expect(again.entry('song')).toMatchObject({ state: 'complete', coveredBytes: 10_000 });
  });

  it('rejects a key that nobody knows, and makes nothing', async () => {
    const store = await openStore(backend(), { source: () => undefined });
    expect(await codeOf(store.acquire('song'))).toBe('NOT_FOUND');
    expect(await codeOf(store.download('song'))).toBe('NOT_FOUND');
    expect(await codeOf(store.pin('song'))).toBe('NOT_FOUND');
    expect(await codeOf(store.pause('song'))).toBe('NOT_FOUND');
    expect(await codeOf(store.update('song', { group: 'x' }))).toBe('NOT_FOUND');
    await store.remove('song');
    expect(store.keys).toEqual([]);
  });

  it('is claimed by one store at a time', async () => {
    const place = backend();
    const store = await openStore(place);
    expect(await codeOf(Store.open(place))).toBe('CLAIMED');
    await store.close();
    await openStore(place);
  });

  it('ends a lease by itself, and leaves the others', async () => {
    const store = await openStore(backend());
    const [one, other] = [await store.acquire('song', { url }), await store.acquire('song')];
    const ended = rejectionOf(firstValueFrom(one.waitRange(range(0, 10))));
    const waited = firstValueFrom(other.waitRange(range(0, 10)));
    const states: string[] = [];
    one.status$.subscribe({ next: ({ state }) => states.push(state), complete: () => states.push('end') });
    one.close();
    expect((await ended).code).toBe('CLOSED');
    expect(states).toEqual(['active', 'closed', 'end']);
    expect(one.status.state).toBe('closed');
    expect(codeOf(() => one.readAt(0, new Uint8Array(1)))).toBe('CLOSED');
    other.resource?.writeAt(0, content);
    expect(await waited).toBe('ready');
    expect(other.status.state).toBe('active');
    other.close();
  });

  it('lends a resource that nobody can end', async () => {
    const store = await openStore(backend());
    using lease = await store.acquire('song', { url });
    const { resource } = lease;
    expect(resource).toBeInstanceOf(Resource);
    expect(codeOf(() => resource?.close())).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => resource?.discard())).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => resource?.fail('no'))).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => resource?.[Symbol.dispose]())).toBe('INVALID_ARGUMENT');
    expect(resource?.status.state).toBe('active');
  });

  it('removes an entry, and ends its leases with CLOSED', async () => {
    const place = backend();
    const store = await openStore(place);
    await put(store, 'kept', content);
    const lease = await store.acquire('song', { url });
    lease.resource?.writeAt(0, content);
    const ended = rejectionOf(firstValueFrom(lease.waitRange(range(20_000, 20_001))));
    const heard = listen(store);
    await store.remove('song');
    expect((await ended).code).toBe('CLOSED');
    expect(heard.kinds).toEqual(['removed song']);
    expect(store.entry('song')).toBeUndefined();
    await store.close();
    expect((await openStore(place)).keys).toEqual(['kept']);
  });

  it('removes a group', async () => {
    const store = await openStore(backend());
    await put(store, 'a', content, { group: 'one' });
    await put(store, 'b', content, { group: 'two' });
    await put(store, 'c', content);
    await store.update('c', { group: 'one' });
    await store.remove({ group: 'one' });
    expect(store.keys).toEqual(['b']);
  });

  it('keeps metadata, group, type and pin', async () => {
    const place = backend();
    const store = await openStore(place);
    await put(store, 'song', content, {
      metadata: { title: 'A', track: 1 },
      contentType: 'audio/flac',
      group: 'album',
    });
    await store.update('song', { metadata: { track: 2, live: true } });
    await store.pin('song');
    await store.close();
    const again = await openStore(place);
    expect(again.entry('song')).toMatchObject({
      metadata: { title: 'A', track: 2, live: true },
      contentType: 'audio/flac',
      group: 'album',
      pinned: true,
      usedAt: store.entry('song')?.usedAt,
    });
  });

  it('gives each use a later time, whatever the clock says', async () => {
    const store = await openStore(backend());
    const times: number[] = [];
    for (let turn = 0; turn < 20; turn++) {
      await put(store, `song ${turn}`, content);
      times.push(store.entry(`song ${turn}`)?.usedAt ?? 0);
    }
    expect(new Set(times).size).toBe(20);
    expect([...times].sort((one, other) => one - other)).toEqual(times);
  });

  it('tells each change once, and the state with it', async () => {
    const store = await openStore(backend());
    const heard = listen(store);
    const seen: (StoreEntry | undefined)[] = [];
    store.entry$('song').subscribe((entry) => {
      seen.push(entry);
      expect(store.entry('song')).toBe(entry);
    });
    await put(store, 'song', content);
    expect(heard.kinds).toEqual(['added song', 'complete song']);
    expect(heard.changes.at(-1)?.entry).toMatchObject({ state: 'complete', coveredBytes: 10_000 });
    expect(seen[0]).toBeUndefined();
    expect(seen.at(-1)).toMatchObject({ state: 'complete', leases: 0 });
    expect(new Set(seen).size).toBe(seen.length);
  });

  it('makes new arrays only when something changes', async () => {
    const store = await openStore(backend());
    await put(store, 'song', content);
    const { keys, entries, usage } = store;
    expect(store.keys).toBe(keys);
    expect(store.entries).toBe(entries);
    expect(store.usage).toBe(usage);
    await store.update('song', { group: 'album' });
    expect(store.keys).toBe(keys);
    expect(store.entries).not.toBe(entries);
    await put(store, 'other', content);
    expect(store.keys).toEqual(['song', 'other']);
  });

  it('counts what it takes', async () => {
    const store = await openStore(backend());
    const seen: StoreUsage[] = [];
    store.usage$.subscribe((usage) => seen.push(usage));
    await put(store, 'song', content);
    await delay(300);
    expect(seen.at(-1)?.bytes).toBeGreaterThanOrEqual(10_000);
    expect(seen.at(-1)).toBe(store.usage);
    await store.pin('song');
    expect(store.usage.reclaimableBytes).toBe(0);
    await store.remove('song');
    expect(store.usage.bytes).toBe(0);
  });

  it('ends everything when it is closed', async () => {
    const store = await openStore(backend());
    const lease = await store.acquire('song', { url });
    const ended: string[] = [];
    store.entries$.subscribe({ complete: () => ended.push('entries') });
    store.keys$.subscribe({ complete: () => ended.push('keys') });
    store.entry$('song').subscribe({ complete: () => ended.push('entry') });
    store.changes$.subscribe({ complete: () => ended.push('changes') });
    store.usage$.subscribe({ complete: () => ended.push('usage') });
    await Promise.all([store.close(), store.close()]);
    expect(ended.sort()).toEqual(['changes', 'entries', 'entry', 'keys', 'usage']);
    expect(lease.status.state).toBe('closed');
    expect(await codeOf(store.acquire('song', { url }))).toBe('CLOSED');
  });

  it('refuses options that do not exist', async () => {
    const store = await openStore(backend());
    const wrong = { url, downlaod: true } as object;
    await expect(store.acquire('song', wrong)).rejects.toThrow(/Did you mean download/);
    expect(await codeOf(store.acquire('song', { url, signal: AbortSignal.abort() }))).toBe('CANCELLED');
    expect(store.keys).toEqual([]);
  });
});

describe('Store.open', () => {
  it('refuses options that do not exist, and what is no backend', async () => {
    await expect(Store.open(memoryBackend(), { maxByte: 1 } as object)).rejects.toThrow(/Did you mean maxBytes/);
    await expect(Store.open({} as never)).rejects.toThrow(TypeError);
  });
});
