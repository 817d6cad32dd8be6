import { opfsBackend } from '../../../lib/browser.js';
import { isStorageError } from '../../../lib/index.js';
import { type Lease, Store } from '../../../lib/store.js';

/**
 * A worker that looks at what is left of a store, and goes on using it until it is killed: it
 * writes, commits, evicts, removes, and pins.
 */

const KEYS = 24;
const SIZE = 2 * 2 ** 20;
const LONGEST_PIECE = 300_000;
const MOST = 20 * 2 ** 20;
const url = 'http://nowhere.invalid/';

/** What was found. */
export interface FoundStore {
  readonly entries: number;
  readonly complete: number;
  readonly coveredBytes: number;
  /** What is wrong with it. */
  readonly problem?: string;
}

/** The versions of a key differ, and so do the keys. */
function byteAt(seed: number, at: number): number {
  return (at * 31 + (at >> 8) * 7 + (at >> 16) * 13 + seed * 101) & 0xff;
}

/** That of a version, by its identity. */
function seedOf(key: string, identity: string | undefined): number {
  return Number(key) * 1000 + Number(identity ?? 0);
}

async function problemOf(store: Store): Promise<string | undefined> {
  const lost: string[] = [];
  store.changes$.subscribe(({ kind, key, reason }) => {
    if (kind === 'removed') lost.push(`${key} was dropped: ${reason ?? ''}`);
  });
  if (lost.length > 0) return lost.join();
  if (store.usage.bytes > MOST) return `It takes ${store.usage.bytes} of ${MOST} bytes.`;
  for (const { key, state, coveredBytes } of store.entries) {
    using lease = await store.acquire(key);
    if (lease.coveredBytes !== coveredBytes) return `${key} says ${coveredBytes} bytes, and has ${lease.coveredBytes}`;
    const { resource } = lease;
    if (resource === undefined) return `${key} has no resource`;
    if (state === 'complete' && coveredBytes !== SIZE) return `${key} is complete with ${coveredBytes} bytes`;
    const seed = seedOf(key, lease.identity);
    for (const { start, end } of resource.coverage) {
      const bytes = new Uint8Array(end - start);
      if (resource.readAt(start, bytes) < bytes.length) return `not all of [${start}, ${end}) of ${key} can be read`;
      const wrong = bytes.findIndex((byte, index) => byte !== byteAt(seed, start + index));
      if (wrong >= 0) return `byte ${start + wrong} of ${key} was never written`;
    }
  }
  return undefined;
}

/** What the files of the store take, in bytes. */
async function filesOf(path: string): Promise<number> {
  const root = await navigator.storage.getDirectory();
  const folder = (await root.getDirectoryHandle(`${path}.tidemark-store`)) as unknown as {
    values(): AsyncIterable<FileSystemFileHandle>;
  };
  let bytes = 0;
  for await (const file of folder.values()) bytes += (await file.getFile()).size;
  return bytes;
}

function write(lease: Lease, key: string): void {
  const { resource } = lease;
  if (resource?.status.state !== 'active') return;
  resource.identity ??= String(1 + Math.floor(Math.random() * 900));
  resource.expectedLength ??= SIZE;
  const start = resource.nextGap(Math.floor(Math.random() * SIZE))?.start ?? resource.nextGap(0)?.start ?? 0;
  const seed = seedOf(key, resource.identity);
  const length = Math.min(SIZE - start, 1 + Math.floor(Math.random() * LONGEST_PIECE));
  resource.writeAt(
    start,
    Uint8Array.from({ length }, (_, index) => byteAt(seed, start + index)),
  );
}

async function use(store: Store, key: string): Promise<void> {
  using lease = await store.acquire(key, { url, group: `group ${Number(key) % 3}` });
  const { resource } = lease;
  try {
    for (let piece = Math.random() * 20; piece > 0; piece -= 1) write(lease, key);
    if (resource?.status.state === 'active' && Math.random() < 0.2) {
      const at = Math.floor(Math.random() * SIZE);
      resource.evict({ start: at, end: at + LONGEST_PIECE });
    }
    if (Math.random() < 0.5) await resource?.checkpoint();
    if (resource?.status.state === 'active' && resource.nextGap(0, SIZE) === undefined) resource.commit(SIZE);
  } catch (error) {
    if (!isStorageError(error, 'CAPACITY', 'NO_SPACE')) throw error;
  }
}

async function run(): Promise<void> {
  const path = 'killed-store';
  const store = await Store.open(opfsBackend({ path, wait: true }), { maxBytes: MOST });
  const problem = await problemOf(store);
  const files = await filesOf(path);
  const { entries } = store;
  let coveredBytes = 0;
  for (const entry of entries) coveredBytes += entry.coveredBytes;
  postMessage({
    entries: entries.length,
    complete: entries.filter(({ state }) => state === 'complete').length,
    coveredBytes,
    problem: problem ?? (files > 1.05 * MOST + 2 ** 24 + 2 ** 20 ? `its files take ${files} bytes` : undefined),
  } satisfies FoundStore);
  for (let step = 1; ; step += 1) {
    const key = String(Math.floor(Math.random() * KEYS));
    await use(store, key);
    if (step % 11 === 0) await store.remove(String(step % KEYS));
    if (step % 5 === 0 && store.entry(key) !== undefined) await store.pin(key, Number(key) < 3);
    await new Promise((resolve) => setTimeout(resolve, 0));
  }
}

run().catch((error: unknown) => {
  // The page hears of what is thrown, and not of what is rejected.
  setTimeout(() => {
    throw error;
  }, 0);
});
