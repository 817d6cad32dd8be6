import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, of, take, toArray } from 'rxjs';
import { memoryBackend, prefetch, type StoreChange } from '../../../lib/store.js';
import { RemoteStore as RemoteStoreClass } from '../../../lib/store/remote/remote-store.js';
import { makeContent } from '../../http/fixtures.js';
import { TestServer } from '../../http/test-server.js';
import { codeOf, rejectionOf } from '../../support/code-of.js';
import { range } from '../../support/range.js';
import { first, openStore, put, reach, resourceOf, until, untilComplete } from './remote-stores.js';

const content = makeContent(500_000);

describe('the entries of a remote store', () => {
  it('are those of the store, from the beginning', async () => {
    const store = await openStore({ maxBytes: 10_000 });
    await put(store, 'a', content.subarray(0, 10), { group: 'g', metadata: { title: 'A' }, contentType: 'audio/flac' });
    await put(store, 'b', content.subarray(0, 20));
    const { remote } = await reach(store);
    expect(remote.entries).toEqual(store.entries);
    expect(remote.keys).toEqual(['a', 'b']);
    expect(remote.usage).toEqual(store.usage);
    expect([remote.maxBytes, remote.strangers]).toEqual([10_000, []]);
  });

  it('change with them, each the same object until it does', async () => {
    const store = await openStore();
    await put(store, 'a', content.subarray(0, 10));
    await put(store, 'b', content.subarray(0, 10));
    const { remote } = await reach(store);
    const [a, b] = remote.entries;
    const { keys } = remote;
    await store.update('a', { metadata: { title: 'new' } });
    await until(remote, 'a', (entry) => entry?.metadata.title === 'new');
    expect(remote.entry('a')).not.toBe(a);
    expect(remote.entry('b')).toBe(b);
    expect(remote.keys).toBe(keys);
    await store.remove('a');
    await until(remote, 'a', (entry) => entry === undefined);
    expect(remote.keys).toEqual(['b']);
    expect(remote.entries).toEqual([b]);
  });

  it('are told of once for each change', async () => {
    const store = await openStore();
    const { remote } = await reach(store);
    remote.changes$.subscribe();
    const states: unknown[] = [];
    remote.entry$('a').subscribe((entry) => states.push(entry && { ...entry }));
    await put(store, 'a', content.subarray(0, 10));
    await store.update('a', { metadata: { title: 'A' } });
    await remote.remove('nothing');
    await new Promise((resolve) => setTimeout(resolve, 300));
    for (const [index, state] of states.slice(1).entries()) expect(state).not.toEqual(states[index]);
  });

  it('tell why a download has failed', async () => {
    const store = await openStore();
    const { remote } = await reach(store);
    const server = await TestServer.start(content, '"v1"');
    server.manners = { status: 404 };
    await remote.download('song', { url: server.url });
    const entry = await until(remote, 'song', (each) => each?.download?.state === 'failed');
    expect(entry?.download?.lastError).toMatchObject({ code: 'HTTP', httpStatus: 404 });
  });

  it('are complete, and their observables with them, when the store is closed', async () => {
    const store = await openStore();
    await put(store, 'a', content.subarray(0, 10));
    const { remote, served } = await reach(store);
    const all = Promise.all([
      lastValueFrom(remote.keys$),
      lastValueFrom(remote.entries$),
      lastValueFrom(remote.usage$),
      lastValueFrom(remote.changes$, { defaultValue: 'none' }),
    ]);
    await store.close();
    await served.closed;
    expect(await all).toMatchObject([['a'], [{ key: 'a' }], { bytes: 10 }, 'none']);
    expect(await codeOf(remote.acquire('a'))).toBe('CLOSED');
    expect(() => {
      remote.maxBytes = 5;
    }).toThrow(expect.objectContaining({ code: 'CLOSED' }));
  });
});

describe('a lease of a remote store', () => {
  it('reads what is there, and what is being fetched', async () => {
    const server = await TestServer.start(content, '"v1"');
    const { remote } = await reach(await openStore());
    using lease = await remote.acquire('song', { url: server.url, download: true });
    const bytes = await firstValueFrom(lease.read(range(400_000, 450_000)));
    expect(Buffer.compare(bytes, content.subarray(400_000, 450_000))).toBe(0);
    await untilComplete(remote, 'song');
    await first(lease.status$, ({ state }) => state === 'committed');
    expect(lease).toMatchObject({ key: 'song', resource: undefined, length: 500_000, identity: '"v1"' });
    expect(lease.contentType).toBe(remote.entry('song')?.contentType);
  });

  it('is counted, and given back', async () => {
    const store = await openStore();
    await put(store, 'a', content.subarray(0, 10));
    const { remote } = await reach(store);
    const leases = [await remote.acquire('a'), await remote.acquire('a')];
    expect([remote.entry('a')?.leases, store.entry('a')?.leases]).toEqual([2, 2]);
    for (const lease of leases) lease.close();
    await until(remote, 'a', (entry) => entry?.leases === 0);
    expect(store.entry('a')?.leases).toBe(0);
    expect(leases.map(({ status }) => status.state)).toEqual(['closed', 'closed']);
  });

  it('is given back when its side has gone', async () => {
    const store = await openStore();
    await put(store, 'a', content.subarray(0, 10));
    const { remote, port } = await reach(store);
    await remote.acquire('a');
    port.close();
    await until(store, 'a', (entry) => entry?.leases === 0);
    await first(remote.keys$, () => remote.usage.bytes === 10);
    expect(await codeOf(remote.pin('a'))).toBe('CLOSED');
  });

  it('waits with its name and the time it needs the bytes by', async () => {
    const store = await openStore();
    const { remote } = await reach(store, { name: 'page 7' });
    using lease = await remote.acquire('song', { url: 'http://nowhere.test/' });
    using own = await store.acquire('song');
    const { demand$ } = resourceOf(own);
    const wait = lease.waitRange(range(10, 20), { neededBy: 1234 }).subscribe();
    const [demand] = await first(demand$, (demands) => demands.length > 0);
    expect(demand).toMatchObject({ range: range(10, 20), neededBy: 1234, reader: 'page 7' });
    wait.unsubscribe();
    await first(demand$, (demands) => demands.length === 0);
  });

  it('ends with CLOSED when its entry is removed', async () => {
    const store = await openStore();
    const { remote } = await reach(store);
    const lease = await remote.acquire('song', { url: 'http://nowhere.test/' });
    const waiting = codeOf(firstValueFrom(lease.waitRange(range(0, 5))));
    await remote.remove('song');
    expect(await waiting).toBe('CLOSED');
    await first(lease.status$, ({ state }) => state === 'closed');
    expect(remote.entry('song')).toBeUndefined();
  });

  it('ends with CHANGED, now and later, when its content is of an older version', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1_000_000;
    const { remote } = await reach(await openStore(), { source: () => server.url });
    await remote.download('song');
    await until(remote, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    await remote.pause('song');
    const lease = await remote.acquire('song');
    const waiting = codeOf(firstValueFrom(lease.waitRange(range(0, 500_000))));
    server.content = makeContent(600_000).reverse();
    server.etag = '"v2"';
    server.bytesPerSecond = Infinity;
    await remote.download('song');
    expect(await waiting).toBe('CHANGED');
    await first(lease.status$, ({ state }) => state === 'closed');
    expect(await codeOf(firstValueFrom(lease.read(range(0, 5))))).toBe('CHANGED');
    expect(() => lease.has(range(0, 5))).toThrow(expect.objectContaining({ code: 'CHANGED' }));
  });
});

describe('a call of a remote store', () => {
  it('has been done, for all to see, when it resolves', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1;
    const store = await openStore();
    const { remote } = await reach(store);
    await remote.download('a', { url: server.url, group: 'g', metadata: { title: 'A' } });
    expect(remote.entry('a')).toMatchObject({ group: 'g', metadata: { title: 'A' } });
    expect(remote.entry('a')?.download).toBeDefined();
    await remote.pause('a');
    expect(remote.entry('a')?.download?.state).toBe('paused');
    await remote.pin('a', true, { until: Date.now() + 60_000 });
    expect(remote.entry('a')?.pinned).toBe(true);
    await remote.pin('a', false);
    expect(remote.entry('a')?.pinned).toBe(false);
    await remote.update('a', { metadata: { artist: 'B' }, group: 'h' });
    expect(remote.entry('a')).toMatchObject({ group: 'h', metadata: { title: 'A', artist: 'B' } });
    await remote.remove({ group: 'h' });
    expect(remote.keys).toEqual([]);
  });

  it.each(['pause', 'pin', 'update'] as const)('fails as that of the store: %s of what nobody knows', async (name) => {
    const store = await openStore();
    const { remote } = await reach(store);
    const failures = await Promise.all(
      [store, remote].map((each) => rejectionOf(name === 'update' ? each.update('x', {}) : each[name]('x'))),
    );
    expect(failures.map(({ code }) => code)).toEqual(['NOT_FOUND', 'NOT_FOUND']);
    expect(failures[1]?.message).toBe(failures[0]?.message);
  });

  it('is NOT_FOUND for a key that nobody knows', async () => {
    const { remote } = await reach(await openStore());
    expect(await codeOf(remote.acquire('x'))).toBe('NOT_FOUND');
    expect(remote.keys).toEqual([]);
  });

  it('ends with CANCELLED when it is aborted, here and there', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore();
    await put(store, 'song', content);
    const { remote } = await reach(store);
    server.handle = () => undefined;
    const controller = new AbortController();
    const signal = controller.signal;
    const acquiring = rejectionOf(remote.acquire('song', { url: server.url, maxAge: 0, signal }));
    while (server.exchanges.length === 0) await delay(5);
    controller.abort();
    expect(await acquiring).toMatchObject({ code: 'CANCELLED', name: 'AbortError' });
    expect(await codeOf(remote.download('song', { signal }))).toBe('CANCELLED');
    server.close();
    await until(store, 'song', (entry) => entry?.leases === 0);
  });

  it('sets the quota, for all', async () => {
    const store = await openStore({ maxBytes: 1000 });
    const [one, other] = [await reach(store), await reach(store)];
    await put(store, 'a', content.subarray(0, 600));
    one.remote.maxBytes = 700;
    one.remote.maxBytes = 500;
    expect([one.remote.maxBytes, one.remote.usage.maxBytes]).toEqual([500, 500]);
    await first(other.remote.usage$, ({ maxBytes }) => maxBytes === 500);
    await until(one.remote, 'a', (entry) => entry === undefined);
    await first(one.remote.usage$, ({ bytes }) => bytes === 0);
    expect([store.maxBytes, one.remote.maxBytes]).toEqual([500, 500]);
  });
});

describe('the changes of a remote store', () => {
  it('are all told, after what the entries show of them', async () => {
    const store = await openStore();
    const { remote } = await reach(store);
    const heard: [string, string, unknown][] = [];
    const sure = new Promise<void>((resolve) => {
      remote.changes$.subscribe(({ kind, key, entry }: StoreChange) => {
        expect(entry).toBe(remote.entry(key));
        heard.push([kind, key, entry?.state]);
        if (kind === 'removed') resolve();
      });
    });
    await remote.pin('nothing').catch(() => undefined); // the store listens by now
    await put(store, 'a', content.subarray(0, 10));
    await store.remove('a');
    await sure;
    expect(heard).toEqual([
      ['added', 'a', 'partial'],
      ['complete', 'a', 'complete'],
      ['removed', 'a', undefined],
    ]);
  });

  it('are asked for only as long as somebody listens', async () => {
    const store = await openStore();
    const { remote } = await reach(store);
    const once = lastValueFrom(remote.changes$.pipe(take(1), toArray()));
    await remote.pin('nothing').catch(() => undefined);
    await put(store, 'a', content.subarray(0, 10));
    expect((await once).map(({ kind }) => kind)).toEqual(['added']);
    const again = lastValueFrom(remote.changes$.pipe(take(1), toArray()));
    await remote.pin('nothing').catch(() => undefined);
    await store.remove('a');
    expect((await again).map(({ kind }) => kind)).toEqual(['removed']);
  });
});

describe('prefetch', () => {
  it('fetches into a remote store', async () => {
    const server = await TestServer.start(content, '"v1"');
    const { remote } = await reach(await openStore(), { source: () => server.url });
    const entries = await lastValueFrom(of([{ key: 'one' }, { key: 'two' }]).pipe(prefetch(remote)));
    expect(entries.map(({ key, state }) => [key, state])).toEqual([
      ['one', 'complete'],
      ['two', 'complete'],
    ]);
  });
});

describe('a store', () => {
  it('goes on when a remote one is closed', async () => {
    const store = await openStore(undefined, memoryBackend());
    await put(store, 'a', content.subarray(0, 10));
    const { remote, served } = await reach(store);
    const lease = await remote.acquire('a');
    await remote.close();
    await remote.close();
    await served.closed;
    expect([lease.status.state, store.entry('a')?.leases]).toEqual(['closed', 0]);
  });

  it('keeps nothing for the leases of a remote one that have ended by themselves', async () => {
    const store = await openStore();
    const { remote, port } = await reach(store);
    const ended = new Set<number>();
    const post = port.postMessage.bind(port);
    port.postMessage = (message: { type: string; lease: number; message: { type: string } }) => {
      if (message.type === 'view' && message.message.type === 'bye') ended.add(message.lease);
      post(message);
    };
    for (let index = 0; index < 3; index += 1) {
      const lease = await remote.acquire('song', { url: 'http://nowhere.test/' });
      await remote.remove('song');
      await first(lease.status$, ({ state }) => state === 'closed');
      lease.close();
    }
    expect(ended).toEqual(new Set([1, 2, 3]));
  });
});

describe('a remote store that is closed', () => {
  it('is closed for those who hear of it, too', async () => {
    const store = await openStore();
    await put(store, 'a', content.subarray(0, 10));
    const { remote } = await reach(store);
    const lease = await remote.acquire('a');
    const codes: Promise<unknown>[] = [];
    const askAgain = (): void => {
      codes.push(codeOf(remote.acquire('a')));
    };
    lease.status$.subscribe({ complete: askAgain });
    remote.entries$.subscribe({ complete: askAgain });
    remote.changes$.subscribe({ complete: askAgain });
    await remote.close();
    expect(await Promise.all(codes)).toEqual(['CLOSED', 'CLOSED', 'CLOSED']);
  });

  it('leaves once, whoever closes it again meanwhile', async () => {
    let left = 0;
    const remote = new RemoteStoreClass(undefined, () => {
      left += 1;
    });
    remote.keys$.subscribe({ complete: () => void remote.close() });
    await remote.close();
    expect(left).toBe(1);
  });

  it("has not failed, where that it cannot leave is nobody's business", async () => {
    const remote = new RemoteStoreClass(undefined, () => Promise.reject(new Error('It is full.')));
    remote.gone(new Error('Its worker has gone.'));
    await new Promise(setImmediate);
    await expect(remote.close()).rejects.toThrow('It is full.');
  });
});
