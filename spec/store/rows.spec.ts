import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Injector, runInInjectionContext } from '@angular/core';
import { toSignal } from '@angular/core/rxjs-interop';
import { memoryBackend, type Store, type StoreEntry } from 'tidemark/store';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { bytes } from '../support/bytes.js';
import { openStore, put, until, untilComplete } from './stores.js';

const ROWS = 1000;
const content = makeContent(400_000);

async function storeOfRows(options = {}): Promise<Store> {
  const store = await openStore(memoryBackend(), options);
  for (let row = 0; row < ROWS; row++) await put(store, `row ${row}`, bytes(10));
  return store;
}

/** What `useSyncExternalStore` asks of a store, and how often it would render. */
function observe<T>(state$: { subscribe(next: (value: T) => void): unknown }, read: () => T): { renders: T[] } {
  const seen = { renders: [read()] };
  state$.subscribe((value) => {
    // What is read in a callback is what was emitted, and it stays the same until the next.
    expect(read()).toBe(value);
    expect(read()).toBe(read());
    if (!Object.is(seen.renders.at(-1), value)) seen.renders.push(value);
  });
  return seen;
}

describe('a thousand rows', () => {
  it('render one of them while that is downloaded, some times a second', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 250_000;
    const store = await storeOfRows({ source: () => server.url });
    const rows = store.keys.map((key) => observe(store.entry$(key), () => store.entry(key)));
    const loading = observe(store.entry$('loading'), () => store.entry('loading'));
    const list = observe(store.entries$, () => store.entries);
    const since = performance.now();
    await store.download('loading');
    await untilComplete(store, 'loading');
    const seconds = (performance.now() - since) / 1000;
    expect(rows.every(({ renders }) => renders.length === 1)).toBe(true);
    // Each change of state, and the numbers every 250 ms.
    expect(loading.renders.length).toBeGreaterThan(4);
    expect(loading.renders.length).toBeLessThan(seconds * 4 + 20);
    expect(list.renders.length).toBeLessThan(seconds * 4 + 20);
    const numbers = loading.renders.map((entry) => entry?.coveredBytes ?? 0);
    expect([...numbers].sort((one, other) => one - other)).toEqual(numbers);
  });

  it('keep what they show between two emissions, also while bytes come', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 300_000;
    const store = await openStore(memoryBackend(), { source: () => server.url });
    await store.download('song');
    await until(store, 'song', (entry) => (entry?.coveredBytes ?? 0) > 0);
    let last: StoreEntry | undefined;
    store.entry$('song').subscribe((entry) => (last = entry));
    for (let look = 0; look < 100; look++) {
      expect(store.entry('song')).toBe(last);
      expect(store.entries[0]).toBe(last);
      await delay(3);
    }
  });

  it('see each change once, though a callback makes another', async () => {
    const store = await storeOfRows();
    const seen: (string | undefined)[] = [];
    store.entry$('row 1').subscribe((entry) => {
      if (entry?.group === 'first') void store.update('row 1', { group: 'second' });
    });
    store.entry$('row 1').subscribe((entry) => seen.push(entry?.group));
    await store.update('row 1', { group: 'first' });
    expect(seen).toEqual([undefined, 'second']);
    expect(store.entry('row 1')?.group).toBe('second');
  });

  it('have their keys change only when the set does', async () => {
    const store = await storeOfRows();
    const keys = observe(store.keys$, () => store.keys);
    await store.update('row 1', { group: 'x' });
    (await store.acquire('row 2')).close();
    expect(keys.renders).toHaveLength(1);
    await store.remove('row 1');
    expect(keys.renders).toHaveLength(2);
  });

  it("work as Angular's signals, with a value from the start", async () => {
    const store = await storeOfRows();
    const injector = Injector.create({ providers: [] });
    const options = { requireSync: true, manualCleanup: true } as const;
    const [entry, entries, keys, usage] = runInInjectionContext(injector, () => [
      toSignal(store.entry$('row 3'), options),
      toSignal(store.entries$, options),
      toSignal(store.keys$, options),
      toSignal(store.usage$, options),
    ]);
    expect(entry()).toBe(store.entry('row 3'));
    await store.update('row 3', { group: 'x' });
    expect(entry()).toBe(store.entry('row 3'));
    expect(entries()).toBe(store.entries);
    expect(keys()).toBe(store.keys);
    expect(usage()).toEqual(store.usage);
  });
});
