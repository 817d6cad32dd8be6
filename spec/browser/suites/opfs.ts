import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { openOpfs, OpfsDriver } from '../../../lib/browser.js';
import { attachReader, isStorageError, MemDriver, Resource } from '../../../lib/index.js';
import { driverConformance } from '../../../lib/testing.js';
import { codeOf, rejectionOf } from '../../support/code-of.js';
import { byteOf } from '../../support/byte-of.js';
import { filled } from '../../support/bytes.js';
import { range } from '../../support/range.js';
import { TestThread } from '../../support/threads.js';
import { isSame, pattern } from './pattern.js';

/** On real handles, in a dedicated worker. */

const BLOCK = 2 ** 16;
const CHUNK = 2 ** 24;
let count = 0;
const fresh = (): string => `suite/${(count += 1)}`;

/** The names of all files of ours below the folder of the suite. */
async function filesOf(path: string): Promise<string[]> {
  const root = await navigator.storage.getDirectory();
  const suite = await root.getDirectoryHandle('suite');
  const names: string[] = [];
  try {
    const folder = await suite.getDirectoryHandle(`${path.replace('suite/', '')}.tidemark`);
    for await (const name of (folder as unknown as { keys(): AsyncIterable<string> }).keys()) names.push(name);
  } catch (error) {
    if ((error as Error).name !== 'NotFoundError') throw error;
  }
  return names.sort();
}

await driverConformance(
  { describe, it },
  {
    name: 'OpfsDriver',
    create: () => OpfsDriver.prepare({ path: fresh() }),
    reopen: ({ path }) => OpfsDriver.prepare({ path }),
    dispose: async (driver) => {
      driver.close(false);
      await OpfsDriver.remove(driver.path).catch((error: unknown) => {
        // One that was reopened is disposed of later.
        if (!isStorageError(error, 'CLAIMED')) throw error;
      });
    },
  },
);

describe('a path of the origin private file system', () => {
  it('has its bytes, coverage, total and identity again after close', async () => {
    const path = fresh();
    const first = await openOpfs({ path, expectedLength: 200_000, identity: '"v1"' });
    expect(first.origin).toEqual({ from: 'new' });
    first.writeAt(70_000, pattern(100_000));
    first.close();
    const second = await openOpfs({ path, expectedLength: 5, identity: '"v2"' });
    expect([second.origin.from, second.expectedLength, second.identity]).toEqual(['partial', 200_000, '"v1"']);
    expect(second.coverage.toArray()).toEqual([range(70_000, 170_000)]);
    const found = new Uint8Array(100_000);
    expect([second.readAt(70_000, found), isSame(found, pattern(100_000))]).toEqual([100_000, true]);
    second.discard();
    expect(await OpfsDriver.inspect(path)).toEqual({ from: 'new', coveredBytes: 0, bytesOnDisk: 0, claimed: false });
    expect(await filesOf(path)).toEqual([]);
  });

  it('says what lies there, and whether somebody has it open', async () => {
    const path = fresh();
    const resource = await openOpfs({ path, expectedLength: 100_000, identity: '"v1"' });
    resource.writeAt(0, pattern(100_000));
    await resource.checkpoint();
    const partial = { from: 'partial', coveredBytes: 100_000, bytesOnDisk: 100_000 };
    const known = { expectedLength: 100_000, identity: '"v1"' };
    expect(await OpfsDriver.inspect(path)).toEqual({ ...partial, ...known, claimed: true });
    expect(await rejectionOf(OpfsDriver.remove(path))).toMatchObject({ code: 'CLAIMED', path });
    resource.commit();
    resource.close();
    expect(await OpfsDriver.inspect(path)).toEqual({ ...partial, ...known, from: 'complete', claimed: false });
    await OpfsDriver.remove(path);
    expect(await filesOf(path)).toEqual([]);
  });

  it('is claimed while it is open, and free as soon as it is closed', async () => {
    const path = fresh();
    const first = await openOpfs({ path });
    first.writeAt(0, filled(10));
    expect(await rejectionOf(openOpfs({ path }))).toMatchObject({ code: 'CLAIMED', path });
    first.close();
    (await openOpfs({ path })).discard();
    (await openOpfs({ path })).discard();
  });

  it('is waited for until it is free, or a signal fires', async () => {
    const path = fresh();
    const first = await openOpfs({ path });
    const aborted = rejectionOf(openOpfs({ path, wait: AbortSignal.timeout(20) }));
    expect(await aborted).toMatchObject({ code: 'CANCELLED', name: 'AbortError' });
    const controller = new AbortController();
    const cancelled = rejectionOf(openOpfs({ path, wait: true, signal: controller.signal }));
    controller.abort();
    expect(await cancelled).toMatchObject({ code: 'CANCELLED' });
    const second = openOpfs({ path, wait: true });
    first.writeAt(0, filled(10));
    first.close();
    expect((await second).coveredBytes).toBe(10);
    (await second).discard();
  });

  it('is read by several at a time where it is complete', async () => {
    const path = fresh();
    expect(await rejectionOf(openOpfs({ path, mode: 'read-only' }))).toMatchObject({ code: 'NOT_FOUND' });
    const writer = await openOpfs({ path });
    writer.writeAt(0, pattern(100_000));
    writer.close();
    expect(await rejectionOf(openOpfs({ path, mode: 'read-only' }))).toMatchObject({ code: 'NOT_FOUND' });
    const again = await openOpfs({ path });
    again.commit();
    again.close();
    const one = await openOpfs({ path, mode: 'read-only' });
    const other = await openOpfs({ path, mode: 'read-only' });
    expect([isSame(one.readAll(), pattern(100_000)), isSame(other.readAll(), pattern(100_000))]).toEqual([true, true]);
    expect(codeOf(() => one.writeAt(0, filled(1)))).toBe('READ_ONLY');
    expect(codeOf(() => one.reactivate())).toBe('READ_ONLY');
    expect(await rejectionOf(openOpfs({ path }))).toMatchObject({ code: 'CLAIMED' });
    one.close();
    other.close();
    (await openOpfs({ path })).discard({ committed: true });
    expect((await OpfsDriver.inspect(path)).from).toBe('new');
    expect(await filesOf(path)).toEqual([]);
  });

  it('may lie below another one, and is left when that is removed', async () => {
    const path = fresh();
    for (const each of [path, `${path}/below`]) {
      const resource = await openOpfs({ path: each });
      resource.writeAll(pattern(10));
      resource.close();
    }
    await OpfsDriver.remove(path);
    const below = await openOpfs({ path: `${path}/below` });
    expect(below.origin.from).toBe('complete');
    below.discard({ committed: true });
  });

  it.each(['', '/a', 'a/', 'a//b', '../a', 'a/.'])('is refused where it names nothing: %j', async (path) => {
    expect(await rejectionOf(openOpfs({ path }))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  it('is read in other threads, by a cache for what follows', async () => {
    const length = 40 * BLOCK + 1000;
    const resource = await openOpfs({ path: fresh(), cacheBytes: 8 * BLOCK });
    resource.writeAt(
      0,
      Uint8Array.from({ length }, (_, at) => byteOf(at)),
    );
    const reader = attachReader(resource.createPort().handle);
    const target = new Uint8Array(BLOCK);
    expect(reader.readAt(0, target)).toBe(0);
    await firstValueFrom(reader.read(range(10, 20)));
    // What it has asked for, and what follows.
    expect([reader.readAt(5, target), reader.readAt(BLOCK, target), target[7]]).toEqual([
      BLOCK,
      BLOCK,
      byteOf(BLOCK + 7),
    ]);
    expect(reader.readAt(10 * BLOCK, target)).toBe(0);
    resource.writeAt(3, filled(5));
    expect([reader.readAt(0, target), target[2], target[3]]).toEqual([BLOCK, byteOf(2), 1]);
    resource.writeAt(
      3,
      Uint8Array.from({ length: 5 }, (_, at) => byteOf(3 + at)),
    );
    resource.commit();
    const options = { length, longest: 10_000, times: 2000 };
    const threads = [1, 2].map(() =>
      new TestThread('cached-reader').call<{ wrong?: number }>('readAtRandom', resource.createPort().handle, options),
    );
    expect((await Promise.all(threads)).map(({ wrong }) => wrong)).toEqual([undefined, undefined]);
    resource.reactivate();
    resource.writeAll(pattern(12 * BLOCK));
    expect(isSame(await firstValueFrom(reader.read(range(0, 20 * BLOCK))), pattern(12 * BLOCK))).toBe(true);
    resource.close();
    // The cache has the last blocks, but nobody gives the others any more.
    expect(await rejectionOf(firstValueFrom(reader.read(range(0, 1))))).toMatchObject({ code: 'CLOSED' });
    await OpfsDriver.remove(resource.driver.path);
  });

  it('keeps what is written faster than files are opened in memory, up to 16 MiB', async () => {
    const path = fresh();
    const resource = await openOpfs({ path, checkpoint: false });
    const piece = pattern(4 * 2 ** 20);
    let written = 0;
    let refused: unknown;
    while (refused === undefined && written < 10 * CHUNK) {
      try {
        resource.writeAt(written, piece);
        written += piece.length;
      } catch (error) {
        refused = error;
      }
    }
    expect(refused).toMatchObject({ code: 'CAPACITY' });
    expect(written).toBeGreaterThanOrEqual(2 * CHUNK);
    expect(resource.coverage.toArray()).toEqual([range(0, written)]);
    const found = new Uint8Array(piece.length);
    resource.readAt(written - piece.length, found);
    expect(isSame(found, piece)).toBe(true);
    await resource.checkpoint();
    resource.writeAt(written, piece);
    await resource.checkpoint();
    resource.close();
    const again = await openOpfs({ path });
    expect(again.coveredBytes).toBe(written + piece.length);
    again.readAt(written - piece.length, found);
    expect(isSame(found, piece)).toBe(true);
    again.discard();
  });

  it('takes bytes of memory that can change its length, and gives them into it', async () => {
    const resource = await openOpfs({ path: fresh() });
    const memory = Resource.open(new MemDriver());
    memory.writeAll(pattern(3 * BLOCK));
    resource.writeAt(5, memory.view(range(0, 3 * BLOCK)));
    const target = new Uint8Array(new SharedArrayBuffer(BLOCK, { maxByteLength: 2 * BLOCK }));
    resource.readAt(5 + BLOCK, target);
    expect(isSame(target, pattern(3 * BLOCK).subarray(BLOCK, 2 * BLOCK))).toBe(true);
    resource.discard();
  });
});

describe('what is charged', () => {
  it('is a twentieth more than the covered blocks, and a chunk, whatever was evicted', async () => {
    const resource = await openOpfs({ path: fresh(), checkpoint: false });
    const block = pattern(BLOCK);
    const blocks = (4 * CHUNK) / BLOCK;
    for (let index = 0; index < blocks; index += 1) {
      resource.writeAt(index * BLOCK, block);
      if (index % 64 === 0) await resource.checkpoint();
    }
    for (let index = 0; index < blocks; index += 1) {
      if (index % 4 > 0) resource.evict(range(index * BLOCK, (index + 1) * BLOCK));
    }
    await resource.checkpoint();
    const { coveredBytes, driver } = resource;
    expect(coveredBytes).toBe(CHUNK);
    expect(driver.bytesOnDisk).toBeLessThanOrEqual(1.05 * coveredBytes + CHUNK);
    const { usage = 0 } = await navigator.storage.estimate();
    expect(usage).toBeLessThanOrEqual(1.05 * coveredBytes + CHUNK + 2 ** 20);
    const found = new Uint8Array(BLOCK);
    for (let index = 0; index < blocks; index += 4) {
      resource.readAt(index * BLOCK, found);
      expect(isSame(found, block)).toBe(true);
    }
    resource.discard();
  });

  it('is nothing for a hole', async () => {
    const path = fresh();
    const resource = await openOpfs({ path });
    resource.writeAt(2 ** 40, filled(1));
    await resource.checkpoint();
    expect((await OpfsDriver.inspect(path)).bytesOnDisk).toBeLessThanOrEqual(BLOCK);
    resource.discard();
  });
});
