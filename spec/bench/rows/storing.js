import { mkdirSync, readdirSync, renameSync, truncateSync, writeFileSync } from 'node:fs';
import { MmapDriver, folderBackend } from 'tidemark/node';
import { memoryBackend, Store } from 'tidemark/store';
import { alternateSamples } from '../tools/alternate.js';
import { contentAt } from '../tools/content.js';

/** @import { Row, Setting } from '../tools/row.js' */

const FILES = 500;
const LENGTH = 200_000;
const ENTRIES = 10_000;
const URL_OF_NOTHING = 'http://nowhere.test/';
const CONTENT = { bytes: /** @type {Uint8Array | undefined} */ (undefined) };

/** @param {Store} store @param {string} key @param {Uint8Array} bytes */
async function put(store, key, bytes) {
  const lease = await store.acquire(key, { url: URL_OF_NOTHING });
  lease.resource?.writeAt(0, bytes);
  lease.resource?.commit();
  lease.close();
}

/** A store with many small entries. @param {Setting} setting @returns {Promise<Store>} */
async function filled({ folder }) {
  const store = await Store.open(folderBackend({ path: `${folder}/filled` }));
  const bytes = new Uint8Array(1000);
  if (store.keys.length === 0) for (let index = 0; index < ENTRIES; index++) await put(store, `song ${index}`, bytes);
  return store;
}

/**
 * Gives the space of files back. They stay: ext4 searches long for inodes that were not freed just
 * now, so what is made after many were removed takes several times as long.
 *
 * @param {string} path
 */
function empty(path) {
  for (const name of readdirSync(path)) truncateSync(`${path}/${name}`);
}

function heapUsed() {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

/** @param {() => unknown} action */
async function nanoseconds(action) {
  const since = performance.now();
  await action();
  return (performance.now() - since) * 1e6;
}

/** @type {Row[]} */
export const storingRows = [
  {
    id: 'store-files',
    what: '500 files of 200 kB written, committed, closed, through a store',
    against: 'writeFileSync and renameSync',
    unit: 'ns',
    budget: 3,
    async measure(setting) {
      CONTENT.bytes ??= contentAt(0, LENGTH);
      const bytes = CONTENT.bytes;
      let turn = 0;
      return alternateSamples(
        setting,
        async () => {
          const path = `${setting.folder}/store ${(turn += 1)}`;
          const store = await Store.open(folderBackend({ path }));
          const time = await nanoseconds(async () => {
            for (let index = 0; index < FILES; index++) await put(store, `song ${index}`, bytes);
          });
          if (store.entries.filter(({ coveredBytes }) => coveredBytes === LENGTH).length !== FILES) {
            throw new Error('Not all of them are there.');
          }
          await store.close();
          empty(path);
          return time / FILES;
        },
        async () => {
          const path = `${setting.folder}/plain ${(turn += 1)}`;
          mkdirSync(path);
          const time = await nanoseconds(() => {
            for (let index = 0; index < FILES; index++) {
              writeFileSync(`${path}/new ${index}`, bytes);
              renameSync(`${path}/new ${index}`, `${path}/song ${index}`);
            }
          });
          empty(path);
          return time / FILES;
        },
      );
    },
  },
  {
    id: 'store-acquire',
    what: 'acquire and close one of 10,000 entries that are there',
    against: 'open and close its driver alone',
    unit: 'ns',
    budget: 2,
    async measure(setting) {
      const store = await filled(setting);
      const path = `${setting.folder}/filled`;
      const names = readdirSync(path).filter((name) => /~[0-9a-f]{32}$/.test(name));
      const keys = store.keys;
      let turn = 0;
      const record = () => ({ coverage: [], expectedLength: undefined, identity: undefined });
      const measured = await alternateSamples(
        setting,
        async () => {
          turn += 1;
          const time = await nanoseconds(async () => {
            for (let index = 0; index < FILES; index++) {
              (await store.acquire(keys[(turn * FILES + index) % ENTRIES] ?? '')).close();
            }
          });
          return time / FILES;
        },
        async () => {
          const time = await nanoseconds(() => {
            for (let index = 0; index < FILES; index++) {
              const name = names[(turn * FILES + index) % ENTRIES] ?? '';
              const driver = new MmapDriver({ path: `${path}/${name}`, keepIdentity: true });
              driver.open(record);
              driver.close(true);
            }
          });
          return time / FILES;
        },
      );
      await store.close();
      return measured;
    },
  },
  {
    id: 'store-open',
    what: 'open a store with 10,000 entries in a folder',
    unit: 'ns',
    budget: 1e9,
    async measure(setting) {
      await (await filled(setting)).close();
      const times = [];
      for (let round = 0; round < setting.rounds; round++) {
        /** @type {Store | undefined} */
        let store;
        times.push(await nanoseconds(async () => (store = await filled(setting))));
        if (store?.keys.length !== ENTRIES) throw new Error('Not all of them are there.');
        await store.close();
      }
      return { figure: times.sort((one, other) => one - other)[times.length >> 1] ?? NaN };
    },
  },
  {
    id: 'store-memory',
    what: 'a store with 10,000 entries in a folder: what the heap has grown by',
    unit: 'bytes',
    budget: 20e6,
    async measure(setting) {
      await (await filled(setting)).close();
      const before = heapUsed();
      const store = await filled(setting);
      const figure = heapUsed() - before;
      if (store.entries.length !== ENTRIES) throw new Error('Not all of them are there.');
      await store.close();
      return { figure };
    },
  },
  {
    id: 'store-evict',
    what: 'what it adds to a write that one of 10,000 entries is evicted for it, in memory',
    unit: 'ns',
    budget: 50_000,
    async measure({ rounds }) {
      const bytes = new Uint8Array(10);
      const store = await Store.open(memoryBackend());
      for (let index = 0; index < ENTRIES; index++) await put(store, `song ${index}`, bytes);
      let next = ENTRIES;
      const write = async () => {
        const time = await nanoseconds(async () => {
          for (let index = 0; index < FILES; index++, next++) await put(store, `song ${next}`, bytes);
        });
        return time / FILES;
      };
      await write();
      const added = [];
      for (let round = 0; round < rounds; round++) {
        store.maxBytes = undefined;
        const without = await write();
        store.maxBytes = store.usage.bytes;
        added.push((await write()) - without);
        if (store.usage.bytes > store.maxBytes) throw new Error('Nothing was evicted.');
      }
      await store.close();
      return { figure: Math.max(0, added.sort((one, other) => one - other)[added.length >> 1] ?? NaN) };
    },
  },
];
