import type { Driver } from '../../drivers/driver.js';
import { isStorageError } from '../../errors/storage-error.js';
import { Resource } from '../../resource/resource.js';
import type { StoreBackend, StoredEntry } from '../../store/backend.js';
import type { EntryRecord } from '../../store/entry-record.js';
import { expectBytes, expectSame, pattern } from '../assertions.js';
import type { StoreTest } from './store-test.js';

const FRESH = { isFresh: true, replaces: false, isDurable: () => false };
const FOUND = { ...FRESH, isFresh: false };
/** Pairs that are not to be taken for each other, however they are kept. */
const KEYS = ['a', 'A', ' a', 'a/', '../a', 'a\0', '\ud800', '\udfff', '\ufffd', 'é', 'e\u0301', '', 'x'.repeat(5000)];

/** What a backend does by itself. */
export const backendTests: readonly StoreTest[] = [
  [
    'is claimed by one at a time',
    async ({ create, reopen }) => {
      const backend = create();
      await backend.open();
      let code: string | undefined;
      await backend.open().catch((error: unknown) => {
        code = isStorageError(error) ? error.code : String(error);
      });
      expectSame(code, 'CLAIMED', 'the code of opening it twice');
      await backend.close();
      const again = reopen(backend);
      await again.open();
      await again.close();
    },
  ],
  [
    'gives each key a name of its own, and always the same',
    async ({ create }) => {
      const backend = create();
      await backend.open();
      expectSame(new Set(KEYS.map((key) => backend.nameOf(key))).size, KEYS.length, 'names');
      for (const key of KEYS) expectSame(backend.nameOf(key), backend.nameOf(key), `the name of ${key}`);
      await backend.close();
    },
  ],
  [
    'lists what was stored, as it was stored last',
    async ({ create, reopen }) => {
      const backend = create();
      await backend.open();
      const first = recordOf(backend, 'song');
      backend.storeFirst(backend.nameOf('song'), first, 1000);
      const record = { ...first, group: 'g', contentType: 'audio/flac', metadata: { track: 1, live: true, a: 'é' } };
      backend.store(backend.nameOf('song'), { ...record, validatedAt: 5, pinned: 7 }, 2000);
      backend.touch(backend.nameOf('song'), 1_700_000_000_123);
      await backend.close();
      const { entries, dropped } = await openedAgain(reopen(backend));
      expectSame(dropped.length, 0, 'dropped entries');
      const [entry] = entries;
      expectSame(entry?.record.key, 'song', 'the key');
      expectSame(entry?.record.group, 'g', 'the group');
      expectSame(entry?.record.contentType, 'audio/flac', 'the media type');
      expectSame(entry?.record.validatedAt, 5, 'validatedAt');
      expectSame(entry?.record.pinned, 7, 'the pin');
      expectSame(JSON.stringify(entry?.record.metadata), JSON.stringify(record.metadata), 'the metadata');
      expectSame(entry?.usedAt, 1_700_000_000_123, 'the time of use');
      expectSame(entry?.state, 'partial', 'the state of an entry without content');
      expectSame(entry?.coveredBytes, 0, 'its covered bytes');
    },
  ],
  [
    'keeps committed content, and counts it',
    async ({ create, reopen }) => {
      const backend = create();
      await backend.open();
      const name = begin(backend, 'song');
      const before = backend.count(name);
      const bytes = pattern(20_000, 1);
      const resource = Resource.open(backend.driver(name, FRESH));
      resource.identity = '"v1"';
      resource.writeAt(0, bytes);
      resource.commit();
      resource.close();
      if (backend.count(name) - before < 20_000) throw new Error('It counts less than the content has.');
      await backend.syncContent(name);
      await backend.syncNames();
      await backend.close();
      const again = reopen(backend);
      const { entries } = await again.open();
      const [entry] = entries;
      expectSame(entry?.state, 'complete', 'the state');
      expectSame(entry?.expectedLength, 20_000, 'the length');
      expectSame(entry?.identity, '"v1"', 'the identity');
      expectSame(entry?.bytes, again.count(name), 'the bytes listed and counted');
      const found = Resource.open(again.driver(name, FOUND));
      expectBytes(found.readAll(), bytes, 'the content');
      found.close();
      await again.close();
    },
  ],
  [
    'keeps partial content',
    async ({ create, reopen }) => {
      const backend = create();
      await backend.open();
      const name = begin(backend, 'song');
      const resource = Resource.open(backend.driver(name, FRESH), { expectedLength: 9000 });
      resource.writeAt(1000, pattern(2000, 2));
      await resource.checkpoint();
      resource.close();
      await backend.close();
      const { entries } = await openedAgain(reopen(backend));
      expectSame(entries[0]?.state, 'partial', 'the state');
      expectSame(entries[0]?.coveredBytes, 2000, 'the covered bytes');
      expectSame(entries[0]?.expectedLength, 9000, 'the expected length');
    },
  ],
  [
    'puts a durable record in place only if it is wanted',
    async ({ create, reopen }) => {
      const backend = create();
      await backend.open();
      const name = begin(backend, 'song');
      const record = recordOf(backend, 'song');
      const store = (group: string, isWanted: boolean): Promise<boolean> =>
        backend.storeDurably(
          name,
          { ...record, group, boot: undefined },
          () => 9000,
          () => isWanted,
        );
      expectSame(await store('wanted', true), true, 'whether it was put in place');
      expectSame(await store('unwanted', false), false, 'whether it was put in place');
      await backend.syncNames();
      await backend.close();
      const { entries } = await openedAgain(reopen(backend));
      expectSame(entries[0]?.record.group, 'wanted', 'the group');
      expectSame(entries[0]?.record.boot, undefined, 'the start of the machine that it counts for');
    },
  ],
  [
    'removes all of an entry, and nothing else',
    async ({ create, reopen }) => {
      const backend = create();
      await backend.open();
      for (const key of ['song', 'song2']) {
        const resource = Resource.open(backend.driver(begin(backend, key), FRESH));
        resource.writeAll(pattern(5000, 3));
        resource.close();
      }
      backend.remove(backend.nameOf('song'));
      await backend.close();
      const again = reopen(backend);
      const { entries } = await again.open();
      expectSame(entries.map(({ record }) => record.key).join(), 'song2', 'the keys');
      begin(again, 'song');
      const empty = Resource.open(again.driver(again.nameOf('song'), FRESH));
      expectSame(empty.origin.from, 'new', 'what is found of it');
      empty.close();
      await again.close();
    },
  ],
  [
    'has new content beside the old until its commit, if it says so',
    async ({ create, reopen }) => {
      const backend = create();
      if (!backend.replaces) return;
      await backend.open();
      const name = begin(backend, 'song');
      const old = Resource.open(backend.driver(name, FRESH));
      old.writeAll(pattern(5000, 4));
      const next = Resource.open(backend.driver(name, { ...FOUND, replaces: true }));
      expectSame(next.origin.from, 'new', 'what new content begins with');
      next.writeAt(0, pattern(6000, 5));
      expectContent(backend.driver(name, FOUND), pattern(5000, 4), 'the old content before the commit');
      next.commit();
      expectContent(backend.driver(name, FOUND), pattern(6000, 5), 'the new content after the commit');
      expectBytes(old.readAll(), pattern(5000, 4), 'the old content for who has it open');
      old.close();
      next.close();
      await backend.close();
      const { entries } = await openedAgain(reopen(backend));
      expectSame(entries[0]?.expectedLength, 6000, 'the length');
    },
  ],
];

function recordOf({ boot }: StoreBackend, key: string): EntryRecord {
  return {
    key,
    group: undefined,
    contentType: undefined,
    metadata: {},
    validatedAt: undefined,
    pinned: false,
    intent: undefined,
    boot,
  };
}

/** Stores the first record of an entry, and returns its name. */
function begin(backend: StoreBackend, key: string): string {
  const name = backend.nameOf(key);
  backend.storeFirst(name, recordOf(backend, key), 1000);
  return name;
}

async function openedAgain(
  backend: StoreBackend,
): Promise<{ entries: readonly StoredEntry[]; dropped: readonly unknown[] }> {
  const found = await backend.open();
  await backend.close();
  return found;
}

function expectContent(driver: Driver, bytes: Uint8Array, what: string): void {
  const resource = Resource.open(driver);
  try {
    expectBytes(resource.readAll(), bytes, what);
  } finally {
    resource.close();
  }
}
