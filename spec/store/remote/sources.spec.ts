import { describe, expect, it } from '@jest/globals';
import { memoryBackend, Store, type StoreSource } from '../../../lib/store.js';
import { makeContent } from '../../http/fixtures.js';
import { TestServer } from '../../http/test-server.js';
import { codeOf } from '../../support/code-of.js';
import { openStore, reach, until, untilComplete } from './remote-stores.js';

const content = makeContent(100_000);

describe('where a key is', () => {
  it('is asked of the side that asks for it, then of others, then of the store', async () => {
    const server = await TestServer.start(content, '"v1"');
    const asked: string[] = [];
    const knows =
      (name: string, keys: string[]) =>
      (key: string): string | undefined => {
        asked.push(`${name} ${key}`);
        return keys.includes(key) ? `${server.origin}/${name}/${key}` : undefined;
      };
    const store = await openStore({ source: knows('store', ['a', 'b', 'c']) });
    const one = await reach(store, { source: knows('one', ['a', 'b']) });
    const other = await reach(store, { source: knows('other', ['a']) });
    const silent = await reach(store);
    for (const [remote, key] of [
      [other.remote, 'a'],
      [other.remote, 'b'],
      [silent.remote, 'c'],
    ] as const) {
      asked.length = 0;
      await remote.download(key);
      await untilComplete(remote, key);
      // Once as it becomes an entry, and once as it is fetched.
      const expected = { a: ['other a'], b: ['other b', 'one b'], c: ['one c', 'other c', 'store c'] }[key];
      expect(asked).toEqual([...expected, ...expected]);
    }
    expect(server.exchanges.map(({ request }) => request.url)).toEqual(['/other/a', '/one/b', '/store/c']);
    expect(await codeOf(one.remote.acquire('d'))).toBe('NOT_FOUND');
  });

  it.each<[string, (url: string) => StoreSource | Promise<StoreSource>]>([
    ['a URL', (url) => new URL(url)],
    ['a promise', (url) => Promise.resolve(url)],
    ['a function', (url) => () => Promise.resolve(new URL(url))],
    ['options', (url) => ({ url, headers: { 'x-app': 'yes' }, retry: false })],
    ['options with a function', (url) => ({ url: () => url, headers: new Headers({ 'x-app': 'yes' }) })],
  ])('may be given as %s', async (what, source) => {
    const server = await TestServer.start(content, '"v1"');
    const { remote } = await reach(await openStore(), { source: () => source(server.url) });
    await remote.download('song');
    await untilComplete(remote, 'song');
    const sent = server.exchanges.map(({ request }) => request.headers['x-app']);
    expect(new Set(sent)).toEqual(new Set([what.startsWith('options') ? 'yes' : undefined]));
  });

  it.each(['accept', 'fetch', 'headers', 'signal'])('cannot be given with %s that stays where it is', async (name) => {
    const option = name === 'signal' ? new AbortController().signal : () => ({});
    const source = (): StoreSource => ({ url: 'http://nowhere.test/', [name]: option });
    const { remote } = await reach(await openStore(), { source });
    await expect(remote.acquire('song')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(name) as unknown,
    });
  });

  it.each<[string, unknown, string]>([
    ['no URL', {}, 'the url'],
    ['a number', 42, 'the url'],
    ['a function that makes none', () => undefined, 'the url'],
    ['half a URL', 'songs/1', 'absolute URL'],
    ['an option that is no plain value', { url: 'http://nowhere.test/', retry: { count: () => 1 } }, 'can be sent'],
  ])('cannot be %s', async (_, source, message) => {
    const { remote } = await reach(await openStore(), { source: () => source as StoreSource });
    const failed = async (): Promise<unknown> => {
      await remote.download('song');
      const entry = await until(remote, 'song', (each) => each?.download?.state === 'failed');
      throw entry?.download?.lastError as Error;
    };
    await expect(failed()).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: expect.stringContaining(message) as unknown,
    });
  });

  it('is asked of the next one as soon as the one that is asked has gone', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore();
    let asked = 0;
    const never = (): Promise<undefined> => {
      asked += 1;
      return new Promise(() => undefined);
    };
    const one = await reach(store, { source: never });
    await reach(store, { source: () => server.url });
    const { remote } = await reach(store);
    const begun = performance.now();
    const downloading = remote.download('song');
    while (asked === 0) await new Promise(setImmediate);
    one.port.close();
    await downloading;
    await untilComplete(remote, 'song');
    expect(performance.now() - begun).toBeLessThan(8000); // not as long as a frozen one is waited for
  });

  it('makes nothing of what was aborted before it was known', async () => {
    let answer: ((url: string) => void) | undefined;
    const store = await openStore();
    const { remote } = await reach(store, { source: () => new Promise((resolve) => (answer = resolve)) });
    const aborting = new AbortController();
    const downloading = codeOf(remote.download('song', { signal: aborting.signal }));
    while (answer === undefined) await new Promise(setImmediate);
    aborting.abort();
    expect(await downloading).toBe('CANCELLED');
    answer('http://nowhere.test/');
    await remote.remove('nothing');
    expect(store.entry('song')).toBeUndefined();
  });

  it('is not asked of who has gone', async () => {
    const store = await openStore();
    const [one, other, silent] = [
      await reach(store, { source: () => undefined }),
      await reach(store, { source: () => undefined }),
      await reach(store),
    ];
    expect(await codeOf(one.remote.acquire('x'))).toBe('NOT_FOUND');
    await one.remote.close();
    await one.served.closed;
    expect(await codeOf(silent.remote.acquire('x'))).toBe('NOT_FOUND');
    expect(other.remote.keys).toEqual([]);
  });

  it('is nowhere where it is null', async () => {
    const { remote } = await reach(await openStore(), { source: () => null as unknown as undefined });
    expect(await codeOf(remote.acquire('song'))).toBe('NOT_FOUND');
  });

  it('is asked of the function that was given, though somebody gives a URL meanwhile', async () => {
    const server = await TestServer.start(content, '"v1"');
    const store = await openStore();
    const { remote } = await reach(store);
    const downloading = remote.download('song', { url: () => `${server.origin}/made` });
    const acquiring = remote.acquire('song', { url: 'http://nowhere.test/' });
    await Promise.all([downloading, acquiring]);
    await untilComplete(remote, 'song');
    expect(server.exchanges[0]?.request.url).toBe('/made');
  });

  it('is asked once, for all who want to know at a time', async () => {
    const server = await TestServer.start(content, '"v1"');
    let asked = 0;
    const source = (): string => {
      asked += 1;
      return server.url;
    };
    const { remote } = await reach(await openStore(), { source });
    const leases = await Promise.all(Array.from({ length: 100 }, () => remote.acquire('song')));
    expect(asked).toBe(1);
    for (const lease of leases) lease.close();
  });

  it('may be an error, which the download ends with', async () => {
    const server = await TestServer.start(content, '"v1"');
    const source = (): string => {
      throw new Error('no network yet');
    };
    const { remote } = await reach(await openStore(), { source });
    await expect(remote.download('song')).rejects.toMatchObject({ message: 'no network yet' });
    await remote.download('song', { url: server.url });
    await untilComplete(remote, 'song');
  });

  it('is asked of a `url` function where that was given, and elsewhere once that side has gone', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 20_000;
    const store = await openStore({ source: () => `${server.origin}/store` });
    const one = await reach(store);
    let made = 0;
    await one.remote.download('song', { url: () => `${server.origin}/made-${(made += 1)}` });
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    await one.remote.close();
    // What was signed has expired.
    server.handle = (exchange) =>
      exchange.request.url === '/store' ? server.serve(exchange) : server.serve(exchange, { status: 403 });
    server.bytesPerSecond = Infinity;
    for (const { response } of server.exchanges) response.destroy();
    await untilComplete(store, 'song');
    expect(made).toBe(1);
    expect(server.exchanges.at(-1)?.request.url).toBe('/store');
  });

  it('is asked of nobody before somebody is there, where that is waited for', async () => {
    const server = await TestServer.start(content, '"v1"');
    const backend = memoryBackend();
    const before = await Store.open(backend, { source: () => 'http://127.0.0.1:1/' });
    await before.download('song');
    await before.close();
    const store = await Store.openFor(backend, {}, true);
    await new Promise(setImmediate);
    expect(store.entry('song')?.download?.state).toBe('queued');
    const { remote } = await reach(store, { source: () => server.url });
    await untilComplete(remote, 'song');
    await store.close();
  });
});
