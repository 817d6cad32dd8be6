import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, of, Subject } from 'rxjs';
import { Downloader } from 'tidemark/http';
import type { Store } from 'tidemark/store';
import { memoryBackend, prefetch, type PrefetchPlan, type StoreEntry } from 'tidemark/store';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { marbles } from '../support/marbles.js';
import { openStore, until, untilComplete } from './stores.js';

const content = makeContent(300_000);

async function start(): Promise<{ server: TestServer; store: Store }> {
  const server = await TestServer.start(content, '"v1"');
  const downloader = new Downloader({ retry: false });
  const source = (key: string): string | undefined => (key === 'unknown' ? undefined : `${server.origin}/${key}`);
  return { server, store: await openStore(memoryBackend(), { source, downloader }) };
}

const plan = (...keys: string[]): PrefetchPlan => keys.map((key) => ({ key }));
/** Which keys were asked for, in this order. */
const askedBy = (server: TestServer): string[] => [
  ...new Set(server.exchanges.map(({ request }) => request.url?.slice(1) ?? '')),
];

describe('prefetch', () => {
  it('fetches a plan in its order, and completes when it is there', async () => {
    const { server, store } = await start();
    const entries = await lastValueFrom(of(plan('b', 'a', 'c')).pipe(prefetch(store)));
    expect(entries.map(({ key, state }) => [key, state])).toEqual([
      ['b', 'complete'],
      ['a', 'complete'],
      ['c', 'complete'],
    ]);
    expect(askedBy(server)).toEqual(['b', 'a', 'c']);
    expect(store.entries.map(({ leases }) => leases)).toEqual([0, 0, 0]);
  });

  it('fetches no longer what has left the plan, unless it is nearly done', async () => {
    const { server, store } = await start();
    server.bytesPerSecond = 400_000;
    const plans$ = new Subject<PrefetchPlan>();
    const subscription = plans$.pipe(prefetch(store)).subscribe();
    plans$.next(plan('far'));
    await until(store, 'far', (entry) => (entry?.coveredBytes ?? 0) > 0);
    plans$.next(plan('near'));
    await until(store, 'far', (entry) => entry?.download === undefined);
    await until(store, 'near', (entry) => (entry?.coveredBytes ?? 0) >= 0.92 * content.length);
    plans$.next(plan('next'));
    await untilComplete(store, 'near');
    expect(store.entry('far')).toMatchObject({ state: 'partial', leases: 0 });
    subscription.unsubscribe();
  });

  it('stops everything when it is unsubscribed', async () => {
    const { server, store } = await start();
    server.bytesPerSecond = 100_000;
    const subscription = of(plan('a', 'b')).pipe(prefetch(store)).subscribe();
    await until(store, 'a', (entry) => (entry?.coveredBytes ?? 0) > 0);
    subscription.unsubscribe();
    expect(store.entries.map(({ download, leases }) => [download, leases])).toEqual([
      [undefined, 0],
      [undefined, 0],
    ]);
    await server.quiet();
  });

  it('leaves the higher priority to who plays an entry', async () => {
    const { server, store } = await start();
    server.bytesPerSecond = 300_000;
    const subscription = of(plan('song')).pipe(prefetch(store)).subscribe();
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    const priority = async (): Promise<string | undefined> =>
      (await firstValueFrom(store.downloader.downloads$))[0]?.priority;
    expect(await priority()).toBe('prefetch');
    const lease = await store.acquire('song', { download: true });
    expect(await priority()).toBe('playback');
    lease.close();
    expect(await priority()).toBe('prefetch');
    subscription.unsubscribe();
  });

  it('shows what fails in its entry alone', async () => {
    const { server, store } = await start();
    server.handle = (exchange) =>
      server.serve(exchange, exchange.request.url === '/broken' ? { status: 404, body: Buffer.alloc(0) } : {});
    const entries = await lastValueFrom(of(plan('broken', 'unknown', 'good')).pipe(prefetch(store)));
    expect(entries.map(({ key }) => key)).toEqual(['broken', 'good']);
    expect(entries[0]?.download?.state).toBe('failed');
    expect(store.entry('good')?.state).toBe('complete');
  });

  it('emits the entries of the plan, in its order', async () => {
    const { store } = await start();
    const seen: (readonly StoreEntry[])[] = [];
    const plans$ = new Subject<PrefetchPlan>();
    const subscription = plans$.pipe(prefetch(store)).subscribe((entries) => seen.push(entries));
    plans$.next(plan('a', 'b'));
    await untilComplete(store, 'a');
    await untilComplete(store, 'b');
    plans$.next(plan('b', 'a'));
    expect(seen.at(-1)?.map(({ key }) => key)).toEqual(['b', 'a']);
    await delay(0);
    subscription.unsubscribe();
  });

  it('never, empty, error: passes on what its source does', async () => {
    const { store } = await start();
    marbles(({ cold, expectObservable, expectSubscriptions }) => {
      const none = { a: [] as PrefetchPlan };
      for (const [source, expected, subscribed] of [
        ['--a----', '--a---', '^-----!'],
        ['--a--|', '--a--|', '^----!'],
        ['|', '|', '(^!)'],
        ['--a--#', '--a--#', '^----!'],
      ] as const) {
        const plans$ = cold(source, none);
        expectObservable(plans$.pipe(prefetch(store)), '^-----!').toBe(expected, none);
        expectSubscriptions(plans$.subscriptions).toBe(subscribed);
      }
    });
  });
});
