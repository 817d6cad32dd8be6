import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { MmapDriver } from '../../../lib/node.js';
import { type Elsewhere, threadReader } from './elsewhere.js';
import { rounds } from '../../run/rounds.js';
import { MAPPINGS } from './mappings.js';
import { freshPath, openAt, pattern } from '../../support/scratch.js';
import { rejectionOf } from '../../support/code-of.js';

type MmapResource = ReturnType<typeof openAt>;

async function readerOf(resource: MmapResource, blocking = true): Promise<Elsewhere> {
  const reader = threadReader();
  await reader.call('attach', resource.createPort().handle, blocking);
  return reader;
}

async function bytesAt(reader: Elsewhere, offset: number, length: number): Promise<Buffer> {
  return Buffer.from(await reader.call<Uint8Array>('readAt', offset, length));
}

describe.each(MAPPINGS.slice(0, rounds(MAPPINGS.length, 1)))(
  'a reader in another thread, with mapping %s',
  (mapping) => {
    it.each([true, false])('reads from before the first write to after the close (blocking: %p)', async (blocking) => {
      const path = freshPath();
      const resource = openAt(path, { mapping });
      const early = await readerOf(resource, blocking);
      expect(await bytesAt(early, 0, 100)).toHaveLength(0);
      resource.writeAt(0, pattern(1000));
      const late = await readerOf(resource, blocking);
      for (const reader of [early, late]) expect(await bytesAt(reader, 10, 2000)).toEqual(pattern(1000).subarray(10));
      resource.writeAt(1000, pattern(2000).subarray(1000));
      resource.commit();
      const last = await readerOf(resource, blocking);
      for (const reader of [early, late, last])
        expect(await bytesAt(reader, 10, 3000)).toEqual(pattern(2000).subarray(10));
      resource.close();
      for (const reader of [early, late, last])
        expect(await bytesAt(reader, 10, 3000)).toEqual(pattern(2000).subarray(10));
      await early.call('close');
      expect((await rejectionOf(early.call('readAt', 0, 1))).code).toBe('CLOSED');
    });

    it('follows a partial download that starts clean over another one', async () => {
      const path = freshPath();
      const old = openAt(path);
      old.writeAt(0, pattern(500, 2));
      old.close();
      const resource = openAt(path, { mapping, resume: false });
      const reader = await readerOf(resource);
      resource.writeAt(0, pattern(100));
      expect(await bytesAt(reader, 0, 500)).toEqual(pattern(100));
    });

    it('sees the right bytes through commits, reactivations, growth, shortening and replacement', async () => {
      const SIZE = 200_000;
      const source = pattern(SIZE);
      const resource = openAt(freshPath(), { mapping, mode: 'read-write', durable: false, checkpoint: false });
      const readers = [await readerOf(resource), await readerOf(resource, false)];
      const flag = new Int32Array(new SharedArrayBuffer(4));
      const reading = readers.map((reader) =>
        reader.call<{ reads: number; states: string[] } | string>('readUntil', flag, SIZE),
      );
      for (let round = 0; round < 150; round += 1) {
        const length = 1 + Math.floor(Math.random() * SIZE);
        resource.writeAll(source.subarray(0, length));
        resource.reactivate();
        // Overwritten by the same: readers may see some of either.
        resource.writeAt(length >> 1, source.subarray(length >> 1, Math.min(SIZE, length + 30_000)));
        resource.commit();
        resource.reactivate();
        resource.commit(length >> 2);
        expect(resource.readAll()).toHaveLength(length >> 2);
        // Readers are to meet every state, also those that do not last.
        if (round % 10 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      Atomics.store(flag, 0, 1);
      for (const found of await Promise.all(reading)) {
        expect(found).toMatchObject({ states: expect.arrayContaining(['committed']) as unknown });
      }
    });

    it('that read while it was active goes on after a commit that it has not seen, and a removal', async () => {
      const path = freshPath();
      const resource = openAt(path, { mapping });
      resource.writeAt(0, pattern(1000));
      const reader = await readerOf(resource);
      expect(await bytesAt(reader, 0, 1000)).toEqual(pattern(1000));
      resource.commit();
      resource.close();
      MmapDriver.remove(path);
      expect(await bytesAt(reader, 0, 1000)).toEqual(pattern(1000));
    });

    it('that never read before says so if the file is gone by then, and one that did reads on', async () => {
      const path = freshPath();
      const resource = openAt(path, { mapping });
      resource.writeAll(pattern(1000));
      const [reads, idle] = [await readerOf(resource), await readerOf(resource)];
      expect(await bytesAt(reads, 0, 1000)).toEqual(pattern(1000));
      const { handle } = resource.createPort();
      resource.close();
      renameSync(dirname(path), `${dirname(path)}.away`);
      for (const reader of [reads, idle]) expect(await bytesAt(reader, 0, 1000)).toEqual(pattern(1000));
      const late = threadReader();
      await late.call('attach', handle, true);
      const error = await rejectionOf(late.call('readAt', 0, 10));
      expect([error.code, error.path]).toEqual(['NOT_FOUND', path]);
      rmSync(`${dirname(path)}.away`, { recursive: true });
    });
  },
);

describe("inspect, from another thread's point of view", () => {
  it('does not disturb readers or the owner', async () => {
    const path = freshPath();
    const resource = openAt(path);
    const reader = await readerOf(resource);
    resource.writeAt(0, pattern(100));
    expect(MmapDriver.inspect(path).claimed).toBe(true);
    expect(await bytesAt(reader, 0, 100)).toEqual(pattern(100));
  });
});
