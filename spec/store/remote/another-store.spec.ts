import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import type { Lease, RemoteStore } from '../../../lib/store.js';
import { memoryBackend, serveStore, Store, type StoreBackend } from '../../../lib/store.js';
import type { RemoteSource } from '../../../lib/store/remote/answers.js';
import { connectTo } from '../../../lib/store/remote/connect-store.js';
import { RemoteStore as RemoteStoreClass } from '../../../lib/store/remote/remote-store.js';
import { makeContent } from '../../http/fixtures.js';
import { TestServer } from '../../http/test-server.js';
import { codeOf } from '../../support/code-of.js';
import { range } from '../../support/range.js';
import { channel, first, openStore, put, resourceOf, until, untilComplete } from './remote-stores.js';

/**
 * A remote store whose other side goes, and that is reached by another one then, as in the next tab
 * of a shared store.
 */

const content = makeContent(600_000);

/** A remote store, and how it gets to a store. */
function wanderer(source?: RemoteSource): { remote: RemoteStore; reach: (store: Store) => Promise<() => void> } {
  const remote = new RemoteStoreClass(source, () => undefined);
  const reach = async (store: Store): Promise<() => void> => {
    const [one, port] = channel();
    const served = serveStore(store, one);
    const connection = connectTo(remote, port, { name: 'tab', knows: source !== undefined, gone: () => remote.lost() });
    await connection.open();
    return () => {
      served.close();
      connection.gone();
    };
  };
  return { remote, reach };
}

/** Another store that has the same content, as one that was opened after the first was killed. */
async function copyOf(key: string, bytes: Uint8Array, identity?: string): Promise<Store> {
  const backend: StoreBackend = memoryBackend();
  const store = await openStore(undefined, backend);
  using lease = await store.acquire(key, { url: 'http://nowhere.test/' });
  const resource = resourceOf(lease);
  resource.writeAt(0, bytes);
  resource.identity = identity;
  resource.expectedLength = content.length;
  return store;
}

async function read(lease: Lease, start: number, end: number): Promise<boolean> {
  const bytes = await firstValueFrom(lease.read(range(start, end)));
  return Buffer.compare(bytes, content.subarray(start, end)) === 0;
}

describe('a remote store that reaches another store', () => {
  it('shows the entries of that one, and each that is the same as before', async () => {
    const [one, other] = [await openStore(), await openStore()];
    await put(one, 'a', content.subarray(0, 10));
    await put(one, 'b', content.subarray(0, 10));
    await put(other, 'b', content.subarray(0, 10));
    await put(other, 'c', content.subarray(0, 10));
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    const seen: (readonly string[])[] = [];
    remote.keys$.subscribe((keys) => seen.push(keys));
    leave();
    expect(remote.keys).toEqual(['a', 'b']);
    await reach(other);
    expect(remote.keys).toEqual(['b', 'c']);
    expect(seen).toEqual([
      ['a', 'b'],
      ['b', 'c'],
    ]);
  });

  it('goes on with its leases: with what they wait for, and what they read', async () => {
    const one = await copyOf('song', content.subarray(0, 300_000), '"v1"');
    const other = await copyOf('song', content.subarray(0, 200_000), '"v1"');
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    const lease = await remote.acquire('song');
    const states: string[] = [];
    lease.status$.subscribe(({ state }) => states.push(state));
    const waiting = firstValueFrom(lease.waitRange(range(250_000, 400_000), { neededBy: 77 }));
    leave();
    const reading = read(lease, 100_000, 300_000);
    expect(lease.coveredBytes).toBe(300_000);
    await reach(other);
    await first(lease.coverage$, ({ coveredBytes }) => coveredBytes === 200_000);
    using own = await other.acquire('song');
    const demands = await first(resourceOf(own).demand$, ({ length }) => length > 1);
    expect(demands.map((demand) => [demand.range, demand.neededBy])).toEqual([
      [range(250_000, 400_000), 77],
      [range(200_000, 300_000), undefined],
    ]);
    resourceOf(own).writeAt(200_000, content.subarray(200_000));
    resourceOf(own).commit();
    expect([await waiting, await reading, await read(lease, 0, 600_000)]).toEqual(['ready', true, true]);
    await first(lease.status$, ({ state }) => state === 'committed');
    expect(states).toEqual(['active', 'committed']);
    lease.close();
    await until(other, 'song', (entry) => entry?.leases === 1);
  });

  it('goes on with what it was downloading for a lease', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.budget = 250_000;
    const [one, other] = [await openStore(), await openStore()];
    const { remote, reach } = wanderer(() => server.url);
    const leave = await reach(one);
    const lease = await remote.acquire('song', { download: true });
    await first(lease.coverage$, ({ coveredBytes }) => coveredBytes >= 200_000);
    leave();
    await one.close();
    server.budget = Infinity;
    await reach(other);
    expect(await read(lease, 0, 600_000)).toBe(true);
    await untilComplete(remote, 'song');
  });

  it('makes the calls again that were not answered', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = () => undefined;
    const [one, other] = [await openStore(), await openStore()];
    for (const store of [one, other]) await put(store, 'song', content);
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    const acquiring = remote.acquire('song', { maxAge: 0, url: server.url });
    while (server.exchanges.length === 0) await new Promise(setImmediate);
    leave();
    const removing = remote.remove('other');
    server.handle = (exchange) => server.serve(exchange);
    await reach(other);
    await removing;
    using lease = await acquiring;
    expect(await read(lease, 0, 1000)).toBe(true);
    expect(other.entry('song')?.leases).toBe(1);
  });

  it('reaches a third one, with one lease there of each', async () => {
    const make = (): Promise<Store> => copyOf('song', content, '"v1"');
    const [one, second, third] = [await make(), await make(), await make()];
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    using lease = await remote.acquire('song');
    leave();
    const leaveSecond = await reach(second);
    leaveSecond(); // before the lease could be made there
    await reach(third);
    expect(await read(lease, 0, 600_000)).toBe(true);
    expect(third.entry('song')?.leases).toBe(1);
  });

  it.each([
    ['of another version', async () => copyOf('song', content, '"v2"'), 'CHANGED'],
    ['of a key that is not there', async () => openStore(), 'NOT_FOUND'],
  ])('ends a lease %s', async (_, make, code) => {
    const { remote, reach } = wanderer();
    const leave = await reach(await copyOf('song', content.subarray(0, 1000), '"v1"'));
    const lease = await remote.acquire('song');
    const waiting = codeOf(firstValueFrom(lease.waitRange(range(5000, 6000))));
    leave();
    await reach(await make());
    expect(await waiting).toBe(code);
    await first(lease.status$, ({ state }) => state === 'closed');
  });

  it('sets the quota there that was set here, and listens to changes', async () => {
    const [one, other] = [await openStore({ maxBytes: 5000 }), await openStore({ maxBytes: 5000 })];
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    const heard: string[] = [];
    remote.changes$.subscribe(({ kind, key }) => heard.push(`${kind} ${key}`));
    remote.maxBytes = 700;
    leave();
    await reach(other);
    await first(remote.usage$, ({ maxBytes }) => maxBytes === 700);
    await remote.remove('nothing');
    expect(other.maxBytes).toBe(700);
    await put(other, 'a', content.subarray(0, 10));
    await remote.remove('nothing');
    expect(heard).toEqual(['added a', 'complete a']);
  });

  it('gives back a lease there that it ends, since it is of another version', async () => {
    const { remote, reach } = wanderer();
    const leave = await reach(await copyOf('song', content.subarray(0, 1000), '"v1"'));
    const lease = await remote.acquire('song');
    leave();
    const other = await copyOf('song', content, '"v2"');
    await reach(other);
    await first(lease.status$, ({ state }) => state === 'closed');
    expect(await until(other, 'song', (entry) => entry?.leases === 0)).toBeDefined();
  });

  it('gives back a lease there that was closed while it was made anew', async () => {
    let answer: ((url: string) => void) | undefined;
    const { remote, reach } = wanderer(() => new Promise((resolve) => (answer = resolve)));
    const leave = await reach(await copyOf('song', content, '"v1"'));
    const lease = await remote.acquire('song');
    leave();
    const other = await openStore();
    await reach(other);
    while (answer === undefined) await new Promise(setImmediate);
    lease.close();
    const leased = until(other, 'song', (entry) => entry?.leases === 1);
    answer('http://nowhere.test/');
    await leased;
    expect(await until(other, 'song', (entry) => entry?.leases === 0)).toBeDefined();
  });

  it('ends a lease of what turns out to be of another version', async () => {
    const { remote, reach } = wanderer();
    const leave = await reach(await copyOf('song', content.subarray(0, 1000), '"v1"'));
    const lease = await remote.acquire('song', { url: 'http://nowhere.test/' });
    const reading = codeOf(firstValueFrom(lease.read(range(5000, 6000))));
    leave();
    const other = await openStore();
    await reach(other);
    await until(other, 'song', (entry) => entry?.leases === 1);
    using own = await other.acquire('song');
    expect(lease.status.state).toBe('active');
    const resource = resourceOf(own);
    resource.identity = '"v2"';
    resource.writeAt(0, content);
    expect(await reading).toBe('CHANGED');
    await until(other, 'song', (entry) => entry?.leases === 1);
  });

  it('never mixes what it has read with what is there, which is of no version that has a name', async () => {
    const one = await openStore();
    const other = await openStore();
    await put(one, 'song', new Uint8Array(3_000_000).fill(1));
    await put(other, 'song', new Uint8Array(3_000_001).fill(2));
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    const lease = await remote.acquire('song');
    let given = 0;
    const { received } = lease as unknown as { received: (message: { type: string }) => void };
    (lease as unknown as { received: typeof received }).received = function (message) {
      if (message.type === 'given') given += 1;
      received.call(this, message);
    };
    const reading = firstValueFrom(lease.read(range(0, 3_000_000)));
    while (given < 2) await new Promise(setImmediate);
    leave();
    await reach(other);
    expect(new Set(await reading).size).toBe(1);
  });

  it('does not answer there what the one before has asked', async () => {
    const server = await TestServer.start(content, '"v1"');
    const answers = new Map<string, (url: string) => void>();
    const source = (key: string): Promise<string> => new Promise((resolve) => answers.set(key, resolve));
    const [one, other] = [await openStore(), await openStore()];
    const { remote, reach } = wanderer(source);
    const leave = await reach(one);
    const acquiring = codeOf(remote.acquire('a'));
    while (!answers.has('a')) await new Promise(setImmediate);
    const answerOne = answers.get('a');
    answers.clear();
    leave();
    await reach(other);
    while (!answers.has('a')) await new Promise(setImmediate);
    answerOne?.(`${server.origin}/of-the-one-before`);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(other.entry('a')).toBeUndefined();
    answers.get('a')?.(server.url);
    expect(await acquiring).toBeUndefined();
  });

  it('shows the same objects, where nothing of them is different there', async () => {
    const backend = memoryBackend();
    const one = await Store.open(backend);
    await put(one, 'a', content.subarray(0, 10), { metadata: { title: 'A', track: 3 } });
    await put(one, 'b', content.subarray(0, 10));
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    const [a, b] = remote.entries;
    const seen: unknown[] = [];
    remote.entries$.subscribe((entries) => seen.push(entries));
    leave();
    await one.close();
    const other = await openStore(undefined, backend);
    await other.update('b', { metadata: { title: 'B' } });
    await reach(other);
    expect(remote.entry('a')).toBe(a);
    expect(remote.entry('b')).not.toBe(b);
    expect(seen).toHaveLength(2);
  });

  it('does not set a quota there that somebody else has changed since', async () => {
    const [one, other] = [await openStore(), await openStore({ maxBytes: 9000 })];
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    remote.maxBytes = 700;
    await remote.remove('nothing');
    one.maxBytes = 800;
    await first(remote.usage$, ({ maxBytes }) => maxBytes === 800);
    leave();
    await reach(other);
    await remote.remove('nothing');
    expect([other.maxBytes, remote.maxBytes]).toEqual([9000, 9000]);
  });

  it('is closed by who hears of it', async () => {
    const [one, other] = [await openStore(), await openStore()];
    await put(other, 'a', content.subarray(0, 10));
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    remote.maxBytes = 700;
    remote.keys$.subscribe((keys) => {
      if (keys.length > 0) void remote.close();
    });
    leave();
    await reach(other);
    expect(await codeOf(remote.pin('a'))).toBe('CLOSED');
    expect(other.maxBytes).toBeUndefined();
  });

  it('acquires again what was asked for then, whatever has become of the options', async () => {
    const [one, other] = [await openStore(), await openStore()];
    const { remote, reach } = wanderer();
    const leave = await reach(one);
    leave();
    const metadata: { title: unknown } = { title: 'A' };
    const part = { start: 0, end: 5 };
    const options = { url: 'http://nowhere.test/', metadata: metadata as { title: string }, range: part };
    const acquiring = remote.acquire('a', options);
    metadata.title = () => 'B';
    part.end = -1;
    await reach(other);
    await acquiring;
    expect(other.entry('a')?.metadata).toEqual({ title: 'A' });
  });
});
