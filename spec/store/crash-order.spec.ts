import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { folderBackend } from '../../lib/node.js';
import { Store, type StoreBackend } from '../../lib/store.js';
import { CrashingDisk, type Wreck } from '../drivers/mmap/crashing-disk.js';
import { coveredEquals, pattern } from '../support/scratch.js';
import { freshFolder, namesIn } from './stores.js';

/** What must be found after a crash at some moment. */
interface Promised {
  /** What a key may have: any of these, or a part of it. */
  readonly versions: ReadonlyMap<string, readonly Buffer[]>;
  /** What a key must have, in bytes, also after power loss. */
  readonly durable: ReadonlyMap<string, number>;
  readonly pinned: readonly string[];
}

interface Found {
  readonly wreck: Wreck;
  readonly promised: Promised;
  readonly after: string;
}

interface Stage {
  readonly store: Store;
  readonly may: (key: string, version: Buffer) => void;
  readonly must: (key: string, bytes: number | undefined) => void;
  readonly pinned: string[];
}

const url = 'http://nowhere.test/';
/** Of each call so many of the wrecks of a power loss are looked at. */
const MOST = 6;

/** Runs a scenario and looks at what is left after a crash at any of its calls. */
async function expectSound(maxBytes: number | undefined, scenario: (stage: Stage) => Promise<void>): Promise<number> {
  const folder = freshFolder();
  mkdirSync(folder, { recursive: true });
  const versions = new Map<string, readonly Buffer[]>();
  const durable = new Map<string, number>();
  const pinned: string[] = [];
  const found: Found[] = [];
  const seen = new Set<string>();
  const disk = new CrashingDisk(folder, () => {
    const promised = { versions: new Map(versions), durable: new Map(durable), pinned: [...pinned] };
    let looked = 0;
    for (const wreck of disk.wrecks()) {
      if (looked > MOST) break;
      const digest = digestOf(wreck, promised);
      if (seen.has(digest)) continue;
      seen.add(digest);
      looked += 1;
      found.push({ wreck, promised, after: disk.calls.slice(-4).join(', ') });
    }
  });
  const store = await Store.open(backendAt(folder, 'one', disk), { maxBytes });
  await scenario({
    store,
    may: (key, version) => versions.set(key, [...(versions.get(key) ?? []), version]),
    must: (key, bytes) => {
      if (bytes === undefined) durable.delete(key);
      else durable.set(key, bytes);
    },
    pinned,
  });
  await store.close();
  for (const each of found) {
    const problem = await problemOf(each, maxBytes);
    if (problem !== undefined) throw new Error(`after ${each.after}, ${each.wreck.what}: ${problem}`);
  }
  return found.length;
}

async function problemOf({ wreck, promised }: Found, maxBytes: number | undefined): Promise<string | undefined> {
  const scene = freshFolder();
  mkdirSync(scene, { recursive: true });
  for (const [name, content] of wreck.files) writeFileSync(join(scene, name), content);
  const store = await Store.open(backendAt(scene, wreck.what === 'killed' ? 'one' : 'two'), { maxBytes });
  try {
    for (const { key, state, coveredBytes } of store.entries) {
      using lease = await store.acquire(key);
      const { resource } = lease;
      const versions = promised.versions.get(key) ?? [];
      if (resource === undefined || lease.coveredBytes !== coveredBytes) return `${key} says ${coveredBytes} bytes`;
      const isSound =
        state === 'complete'
          ? versions.some((version) => version.equals(resource.readAll()))
          : coveredBytes === 0 || versions.some((version) => coveredEquals(resource, version));
      if (!isSound) return `${key} has ${coveredBytes} bytes, ${state}, of no version that was ever written`;
    }
    for (const [key, bytes] of promised.durable) {
      const there = store.entry(key)?.coveredBytes ?? -1;
      if (there < bytes) return `${key} has ${there} of ${bytes} bytes`;
    }
    for (const key of promised.pinned) if (store.entry(key)?.pinned !== true) return `${key} is not pinned`;
    if (maxBytes !== undefined && store.usage.bytes > maxBytes) return `${store.usage.bytes} of ${maxBytes} bytes`;
    const names = store.keys.map((key) => backendAt(scene, 'one').nameOf(key));
    const left = namesIn(scene).filter((file) => !names.some((name) => file.startsWith(name)));
    return left.length > 0 ? `${left.join()} is left` : undefined;
  } finally {
    await store.close();
    rmSync(scene, { recursive: true });
  }
}

function backendAt(path: string, boot: string, files?: CrashingDisk): StoreBackend {
  return folderBackend({ path, boot, files });
}

function digestOf({ what, files }: Wreck, promised: Promised): string {
  const hash = createHash('sha256').update(what === 'killed' ? 'k' : 'p');
  for (const [name, content] of [...files].sort(([one], [other]) => (one < other ? -1 : 1))) {
    hash.update(name).update(String(content.length)).update(content);
  }
  for (const [key, bytes] of promised.durable) hash.update(`${key} ${bytes}`);
  return hash.update(promised.pinned.join()).digest('hex');
}

async function put(stage: Stage, key: string, version: Buffer): Promise<void> {
  stage.may(key, version);
  using lease = await stage.store.acquire(key, { url });
  const { resource } = lease;
  if (resource?.status.state === 'committed') resource.reactivate();
  resource?.writeAt(0, version.subarray(0, 3000));
  resource?.writeAt(3000, version.subarray(3000));
  if (resource !== undefined) resource.identity = '"v"';
  resource?.commit(version.length);
}

describe('a crash after any call of a store', () => {
  it('leaves entries that have what they say, and keeps what was promised', async () => {
    const looks = await expectSound(undefined, async (stage) => {
      const { store, must, pinned } = stage;
      await put(stage, 'a', pattern(9000, 1));
      await store.pin('a');
      must('a', 9000);
      pinned.push('a');
      await store.update('a', { metadata: { title: 'A' } });
      await put(stage, 'b', pattern(5000, 2));
      await store.remove('b');
      await put(stage, 'b', pattern(4000, 3));
      await store.update('b', { group: 'g' });
      must('b', 4000);
      pinned.pop();
      await store.pin('a', false);
      must('b', undefined);
      await store.remove('b');
    });
    expect(looks).toBeGreaterThan(100);
  });

  it('leaves partial content with what its last checkpoint had', async () => {
    await expectSound(undefined, async ({ store, may, must, pinned }) => {
      const version = pattern(20_000, 4);
      may('p', version);
      const lease = await store.acquire('p', { url });
      const { resource } = lease;
      resource?.writeAt(0, version.subarray(0, 8000));
      await store.pin('p');
      pinned.push('p');
      must('p', 8000);
      resource?.writeAt(10_000, version.subarray(10_000, 15_000));
      await resource?.checkpoint();
      must('p', 13_000);
      resource?.writeAt(8000, version.subarray(8000, 10_000));
      resource?.writeAt(15_000, version.subarray(15_000));
      resource?.commit(20_000);
      must('p', 20_000);
      lease.close();
    });
  });

  it('holds the quota', async () => {
    await expectSound(40_000, async (stage) => {
      for (let turn = 0; turn < 6; turn++) await put(stage, `k${turn % 4}${turn}`, pattern(7000 + turn, turn));
      await stage.store.pin('k15');
      stage.must('k15', 7005);
      stage.pinned.push('k15');
      for (let turn = 6; turn < 9; turn++) await put(stage, `k${turn}`, pattern(6000 + turn, turn));
    });
  });
});
