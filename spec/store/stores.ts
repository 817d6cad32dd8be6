import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach } from '@jest/globals';
import { firstValueFrom, filter, timeout } from 'rxjs';
import { folderBackend } from 'tidemark/node';
import {
  memoryBackend,
  Store,
  type StoreBackend,
  type StoreChange,
  type StoreEntry,
  type StoreOptions,
} from 'tidemark/store';

/** Stores that are closed after the test, over folders that go after the spec. */

const root = mkdtempSync(join(tmpdir(), 'store-'));
const opened = new Set<Store>();
let count = 0;

afterEach(async () => {
  for (const store of opened) await store.close().catch(() => undefined);
  opened.clear();
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A folder that nothing is in. */
export function freshFolder(): string {
  count += 1;
  return join(root, String(count));
}

/** Each of our backends, by its name. */
export const BACKENDS: [string, () => StoreBackend][] = [
  ['in memory', () => memoryBackend()],
  ['in a folder', () => folderBackend({ path: freshFolder() })],
];

export async function openStore(backend: StoreBackend, options?: StoreOptions): Promise<Store> {
  const store = await Store.open(backend, options);
  opened.add(store);
  return store;
}

/** Puts content into a store; nothing is fetched from the URL. */
export async function put(store: Store, key: string, content: Uint8Array, about: object = {}): Promise<void> {
  using lease = await store.acquire(key, { url: 'http://nowhere.test/', ...about });
  lease.resource?.writeAll(content);
}

/** The content of a key, which is complete. */
export async function get(store: Store, key: string): Promise<Uint8Array> {
  using lease = await store.acquire(key);
  return lease.resource?.readAll() ?? new Uint8Array(0);
}

/** Resolves with the entry once it is as it should be. */
export function until(
  store: Store,
  key: string,
  is: (entry: StoreEntry | undefined) => boolean,
): Promise<StoreEntry | undefined> {
  return firstValueFrom(store.entry$(key).pipe(filter(is), timeout(20_000)));
}

export function untilComplete(store: Store, key: string): Promise<StoreEntry | undefined> {
  return until(store, key, (entry) => entry?.state === 'complete' && entry.download === undefined);
}

export function untilState(store: Store, key: string, state: string): Promise<StoreEntry | undefined> {
  return until(store, key, (entry) => entry?.download?.state === state);
}

/** What has happened since, each as `kind key`. */
export function listen(store: Store): { readonly kinds: string[]; readonly changes: StoreChange[] } {
  const heard = { kinds: [] as string[], changes: [] as StoreChange[] };
  store.changes$.subscribe((change) => {
    heard.kinds.push(`${change.kind} ${change.key}`);
    heard.changes.push(change);
  });
  return heard;
}

/** The names in a folder, but for the lock. */
export function namesIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name !== '.store.lock')
    .sort();
}
