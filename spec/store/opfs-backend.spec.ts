import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, toArray, takeUntil, timer } from 'rxjs';
import { FreeSpace } from '../../lib/browser/opfs-backend/free-space.js';
import { opfsBackend } from '../../lib/browser.js';
import { Resource } from '../../lib/index.js';
import { Store } from '../../lib/store.js';
import { CrashingFolder } from '../drivers/opfs/crashing-folder.js';
import { pattern, settled, SMALL } from '../drivers/opfs/in-folders.js';
import { codeOf, rejectionOf } from '../support/code-of.js';
import { FRESH, recordOf } from './opfs-crash.js';
import { backendIn, folderOf } from './opfs-stores.js';

const url = 'http://nowhere.invalid/';
const FOUND = { ...FRESH, isFresh: false };
const quota = (): Error => new DOMException('The quota is used up', 'QuotaExceededError');

/** Opens a store over a folder, and returns what it removed at that. */
async function openedOver(folder: CrashingFolder): Promise<{ store: Store; dropped: string[] }> {
  const store = await Store.open(backendIn(folder));
  const changes = await firstValueFrom(store.changes$.pipe(takeUntil(timer(0)), toArray()));
  return { store, dropped: changes.map(({ kind, key, reason = '' }) => `${kind} ${key}: ${reason}`) };
}

/** The files of a folder as they are now. */
async function filesOf(folder: CrashingFolder): Promise<Map<string, Uint8Array>> {
  const files = new Map<string, Uint8Array>();
  for (const name of await folder.names()) files.set(name, (await folder.load(name)) ?? new Uint8Array());
  return files;
}

async function fill(folder: CrashingFolder, keys: readonly string[], length = 200): Promise<void> {
  const store = await Store.open(backendIn(folder));
  for (const [index, key] of keys.entries()) {
    const lease = await store.acquire(key, { url });
    lease.resource?.writeAt(0, pattern(length, index));
    await lease.resource?.checkpoint();
    lease.resource?.commit();
    lease.close();
  }
  await store.close();
  await settled();
}

describe('a store in the origin private file system', () => {
  it('is UNSUPPORTED where there is none, with the way out', async () => {
    expect(await rejectionOf(Store.open(opfsBackend({ path: 'music' })))).toMatchObject({
      code: 'UNSUPPORTED',
      message: expect.stringContaining('memoryBackend()'),
    });
  });

  it('leaves what it says of an entry, and its bytes, where the quota of the origin is used up', async () => {
    const backend = backendIn();
    const folder = folderOf(backend);
    await backend.open();
    backend.storeFirst('a', recordOf('a'), 1);
    const resource = Resource.open(backend.driver('a', FRESH));
    resource.writeAt(0, pattern(100, 1));
    await resource.checkpoint();
    folder.fails = (call) => (/^(write|truncate)/.test(call) ? quota() : undefined);
    expect(codeOf(() => resource.writeAt(100, pattern(300, 1)))).toBe('NO_SPACE');
    // In what the journal has left there would be room for a short frame.
    expect(codeOf(() => backend.storeFirst('b', recordOf('b', 'x'.repeat(1000)), 1))).toBe('NO_SPACE');
    expect(codeOf(() => backend.store('a', recordOf('a', 'x'.repeat(1000)), 1))).toBe('NO_SPACE');
    expect(resource.coverage.toArray()).toEqual([{ start: 0, end: 100 }]);
    folder.fails = undefined;
    resource.writeAt(100, pattern(300, 1).subarray(100));
    await resource.checkpoint();
    resource.close();
    await backend.close();
    const { entries } = await backendIn(folder).open();
    expect(entries).toMatchObject([{ name: 'a', coveredBytes: 300, record: { group: undefined } }]);
  });

  it('can remove where the quota is used up: the journal has space left for it', async () => {
    const folder = new CrashingFolder();
    await fill(folder, ['a', 'b', 'c']);
    const backend = backendIn(folder);
    await backend.open();
    // What makes a file longer is refused.
    const sizes = new Map<string, number>();
    for (const [name, { length }] of await filesOf(folder)) sizes.set(name, length);
    folder.grows = (name, size) => (size > (sizes.get(name) ?? 0) ? quota() : undefined);
    expect(codeOf(() => backend.storeFirst('d', recordOf('d', 'x'.repeat(3000)), 1))).toBe('NO_SPACE');
    backend.remove('a');
    backend.remove('b');
    await backend.syncNames();
    folder.grows = undefined;
    await backend.close();
    const { entries } = await backendIn(folder).open();
    expect(entries.map(({ name }) => name)).toEqual(['c']);
  });

  it('goes on after a flush of its journal has failed, with all that it said', async () => {
    const backend = backendIn();
    const folder = folderOf(backend);
    await backend.open();
    backend.storeFirst('a', recordOf('a'), 1);
    const resource = Resource.open(backend.driver('a', { ...FRESH, isDurable: () => true }));
    resource.writeAt(0, pattern(100, 1));
    folder.fails = (call) => (call.startsWith('flush journal') ? new DOMException('no', 'UnknownError') : undefined);
    expect(await rejectionOf(resource.checkpoint())).toMatchObject({ code: 'IO' });
    expect(codeOf(() => resource.commit())).toBe('IO');
    expect(resource.status.state).toBe('active');
    folder.fails = undefined;
    backend.storeFirst('b', recordOf('b'), 1);
    resource.commit();
    resource.close();
    await backend.close();
    const { entries } = await backendIn(folder).open();
    expect(entries).toMatchObject([
      { name: 'a', state: 'complete', coveredBytes: 100 },
      { name: 'b', state: 'partial' },
    ]);
  });

  it('keeps the old content where the new one could not be committed', async () => {
    const backend = backendIn();
    const folder = folderOf(backend);
    await backend.open();
    backend.storeFirst('a', recordOf('a'), 1);
    const old = Resource.open(backend.driver('a', FRESH));
    old.writeAll(pattern(100, 1));
    const next = Resource.open(backend.driver('a', { isFresh: false, replaces: true, isDurable: () => true }));
    next.writeAt(0, pattern(150, 2));
    await next.checkpoint();
    folder.fails = (call) => (call.startsWith('flush journal') ? new DOMException('no', 'UnknownError') : undefined);
    expect(codeOf(() => next.commit())).toBe('IO');
    folder.fails = undefined;
    next.discard();
    await settled();
    // Into the places that the new one has left.
    backend.storeFirst('b', recordOf('b'), 1);
    const other = Resource.open(backend.driver('b', FRESH));
    other.writeAll(pattern(200, 3));
    expect(old.readAll()).toEqual(pattern(100, 1));
    for (const each of [old, other]) each.close();
    await backend.close();
    const again = backendIn(folder);
    const { dropped } = await again.open();
    expect(dropped).toEqual([]);
    expect(Resource.open(again.driver('a', FOUND)).readAll()).toEqual(pattern(100, 1));
    expect(Resource.open(again.driver('b', FOUND)).readAll()).toEqual(pattern(200, 3));
  });

  it('lets bytes of all entries together wait for files up to 16 MiB', async () => {
    const backend = backendIn(undefined, { blockSize: 2 ** 16, chunkBlocks: 4 });
    await backend.open();
    const resources = ['a', 'b', 'c'].map((key) => {
      backend.storeFirst(key, recordOf(key), 1);
      return Resource.open(backend.driver(key, FRESH));
    });
    const piece = new Uint8Array(2 ** 20);
    let written = 0;
    let refused: string | undefined;
    while (refused === undefined && written < 40) {
      const resource = resources[written % 3];
      refused = codeOf(() => resource?.writeAt(Math.floor(written / 3) * piece.length, piece));
      if (refused === undefined) written += 1;
    }
    expect([refused, written]).toEqual(['CAPACITY', 16]);
    for (const resource of resources) await resource.checkpoint();
    resources[0]?.writeAt(16 * piece.length, piece);
    for (const resource of resources) {
      await resource.checkpoint();
      resource.close();
    }
    await backend.close();
    const { entries } = await backendIn(folderOf(backend), { blockSize: 2 ** 16, chunkBlocks: 4 }).open();
    expect(entries.reduce((sum, { coveredBytes }) => sum + coveredBytes, 0)).toBe(17 * piece.length);
  });

  it('opens content that is not committed once at a time', async () => {
    const backend = backendIn();
    await backend.open();
    backend.storeFirst('a', recordOf('a'), 1);
    const first = Resource.open(backend.driver('a', FRESH));
    expect(codeOf(() => Resource.open(backend.driver('a', FOUND)))).toBe('CLAIMED');
    first.writeAll(pattern(10, 1));
    const second = Resource.open(backend.driver('a', FOUND));
    first.close();
    expect(second.readAll()).toEqual(pattern(10, 1));
    second.close();
    expect(codeOf(() => backend.driver('b', FRESH))).toBe('NOT_FOUND');
    await backend.close();
    expect(codeOf(() => backend.driver('a', FRESH))).toBe('CLOSED');
  });

  it('moves what is left of removed entries together', async () => {
    const folder = new CrashingFolder();
    const keys = Array.from({ length: 16 }, (_, index) => `song ${index}`);
    await fill(folder, keys, SMALL.blockSize);
    const backend = backendIn(folder);
    await backend.open();
    const open = Resource.open(backend.driver('song 7', FOUND));
    for (const [index, key] of keys.entries()) if (index % 4 < 3) backend.remove(key);
    await settled();
    await settled();
    await settled();
    expect(folder.chunkBytes).toBeLessThanOrEqual((1.05 * 4 + SMALL.chunkBlocks) * SMALL.blockSize);
    expect(open.readAll()).toEqual(pattern(SMALL.blockSize, 7));
    await backend.close();
    const again = backendIn(folder);
    const { entries } = await again.open();
    expect(entries).toHaveLength(4);
    for (const index of [3, 7, 11, 15]) {
      const resource = Resource.open(again.driver(`song ${index}`, FOUND));
      expect(resource.readAll()).toEqual(pattern(SMALL.blockSize, index));
    }
  });

  it('drops an entry whose bytes are not all there, and says so', async () => {
    const folder = new CrashingFolder();
    await fill(folder, ['a', 'b'], 256);
    const files = await filesOf(folder);
    files.set('chunk-1', (files.get('chunk-1') ?? new Uint8Array()).subarray(0, 100));
    const { store, dropped } = await openedOver(new CrashingFolder(files));
    expect(dropped).toEqual(['removed b: Its record lists bytes that chunk-1 does not have.']);
    expect(store.keys).toEqual(['a']);
    await store.close();
  });

  it('drops all entries of a journal that was damaged, and not those of one with a torn end', async () => {
    const folder = new CrashingFolder();
    await fill(folder, ['a', 'b'], 256);
    const files = await filesOf(folder);
    const name = (files.get('journal-0')?.length ?? 0) > 0 ? 'journal-0' : 'journal-1';
    const journal = files.get(name) ?? new Uint8Array();
    const first = new Uint8Array(journal);
    first[64 + 60] = (first[64 + 60] ?? 0) ^ 1;
    const damaged = await openedOver(new CrashingFolder(new Map([...files, [name, first]])));
    expect(damaged.dropped).toEqual([expect.stringContaining(`${name} is damaged`)]);
    expect(damaged.store.keys).toEqual([]);
    await damaged.store.close();
    const torn = new Uint8Array(journal.length + 100).fill(7);
    torn.set(journal);
    const { store, dropped } = await openedOver(new CrashingFolder(new Map([...files, [name, torn]])));
    expect([dropped, [...store.keys].sort()]).toEqual([[], ['a', 'b']]);
    await store.close();
  });

  it('says what is not its own', async () => {
    const folder = new CrashingFolder(new Map([['notes', new Uint8Array(3)]]));
    const { store } = await openedOver(folder);
    expect(store.strangers).toEqual(['notes']);
    await store.close();
    expect(await folder.size('notes')).toBe(3);
  });

  it('knows what is free, less what it has taken since', async () => {
    let charged = 10;
    let free: number | undefined = 100;
    const space = new FreeSpace(
      () => Promise.resolve(free),
      () => charged,
    );
    expect(space.bytes).toBeUndefined();
    await space.ask();
    charged = 40;
    expect(space.bytes).toBe(70);
    charged = 1000;
    expect(space.bytes).toBe(0);
    free = undefined;
    await space.ask();
    expect(space.bytes).toBeUndefined();
  });
});
