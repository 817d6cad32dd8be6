import { isStorageError } from '../../errors/storage-error.js';
import { Store } from '../../store/store.js';
import { expectBytes, expectSame, pattern } from '../assertions.js';
import type { StoreTest } from './store-test.js';

const url = 'http://nowhere.invalid/';

/** What a store over a backend does. */
export const storeTests: readonly StoreTest[] = [
  [
    'finds again what it had',
    async ({ create, reopen }) => {
      const backend = create();
      const store = await Store.open(backend);
      const complete = await store.acquire('complete', { url, group: 'g' });
      complete.resource?.writeAll(pattern(7000, 1));
      const partial = await store.acquire('partial', { url });
      partial.resource?.writeAt(100, pattern(50, 2));
      await store.pin('partial');
      for (const lease of [complete, partial]) lease.close();
      const { usedAt } = store.entry('complete') ?? {};
      await store.close();
      const again = await Store.open(reopen(backend));
      expectSame([...again.keys].sort().join(), 'complete,partial', 'the keys');
      expectSame(again.entry('complete')?.usedAt, usedAt, 'the time of use');
      expectSame(again.entry('partial')?.coveredBytes, 50, 'the covered bytes');
      expectSame(again.entry('partial')?.pinned, true, 'the pin');
      const found = await again.acquire('complete');
      expectBytes(found.resource?.readAll() ?? new Uint8Array(0), pattern(7000, 1), 'the content');
      await again.close();
    },
  ],
  [
    'evicts what was used longest ago before it writes, and nothing that is pinned or leased',
    async ({ create }) => {
      const backend = create();
      const unit = 64 * 1024;
      const most = 6 * (unit + backend.overheadBytes);
      const store = await Store.open(backend, { maxBytes: most });
      for (let index = 0; index < 20; index += 1) {
        const lease = await store.acquire(`song ${index}`, { url });
        lease.resource?.writeAll(pattern(unit, index));
        if (store.usage.bytes > most) throw new Error(`It takes ${store.usage.bytes} of ${most} bytes.`);
        if (index === 0) await store.pin('song 0');
        if (index !== 1) lease.close();
      }
      for (const key of ['song 0', 'song 1', 'song 19', 'song 18']) {
        expectSame(store.entry(key)?.state, 'complete', `the state of ${key}`);
      }
      expectSame(store.entry('song 2'), undefined, 'song 2');
      await store.close();
    },
  ],
  [
    'refuses what does not fit, and evicts nothing for it',
    async ({ create }) => {
      const backend = create();
      const store = await Store.open(backend, { maxBytes: 200_000 + 3 * backend.overheadBytes });
      const kept = await store.acquire('kept', { url });
      kept.resource?.writeAll(pattern(50_000, 1));
      kept.close();
      const lease = await store.acquire('large', { url });
      let code: string | undefined;
      try {
        lease.resource?.writeAt(0, new Uint8Array(400_000));
      } catch (error) {
        code = isStorageError(error) ? error.code : String(error);
      }
      expectSame(code, 'NO_SPACE', 'the code of the write');
      expectSame(store.entry('kept')?.state, 'complete', 'what was there before');
      await store.close();
    },
  ],
  [
    'begins an entry anew after it was removed',
    async ({ create, reopen }) => {
      const backend = create();
      const store = await Store.open(backend);
      for (let turn = 0; turn < 3; turn += 1) {
        const lease = await store.acquire('song', { url });
        expectSame(lease.coveredBytes, 0, 'the covered bytes of a new entry');
        lease.resource?.writeAt(0, pattern(100 + turn, turn));
        lease.resource?.commit();
        await store.remove('song');
        expectSame(lease.status.state, 'closed', 'the status of a lease of what was removed');
      }
      await store.close();
      const again = await Store.open(reopen(backend));
      expectSame(again.keys.length, 0, 'keys');
      expectSame(again.usage.bytes, 0, 'bytes');
      await again.close();
    },
  ],
];
