import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import type { FileSystem } from '../../../../lib/drivers/mmap/files/file-system.js';
import { MmapDriver } from '../../../../lib/node.js';
import { faultyFiles, systemError } from '../faulty-files.js';
import { freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { errorOf, rejectionOf } from '../../../support/code-of.js';

const IDLE_WRITER = fileURLToPath(new URL('../fixtures/idle-writer.js', import.meta.url));

/** The real file system, which counts calls, and stalls `fdatasync` until it is resumed. */
function slowDisk(): { files: FileSystem; calls: Record<string, number>; resume: () => void; stall: () => void } {
  const calls: Record<string, number> = {};
  const { files } = faultyFiles((call) => {
    calls[call] = (calls[call] ?? 0) + 1;
  });
  let gate = Promise.resolve();
  let open = (): void => undefined;
  const slow: FileSystem = {
    ...files,
    syncDataLater: async (descriptor) => {
      await gate;
      await files.syncDataLater(descriptor);
    },
  };
  return {
    files: slow,
    calls,
    stall: () => {
      gate = new Promise((resolve) => (open = resolve));
    },
    resume: () => {
      open();
    },
  };
}

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

const durable = (path: string): number => MmapDriver.inspect(path).coveredBytes;

describe('a checkpoint', () => {
  it('on request covers what is covered when it is asked for, and what is written meanwhile the next time', async () => {
    const path = freshPath();
    const { files, stall, resume } = slowDisk();
    const resource = openAt(path, { files, checkpoint: false });
    resource.writeAt(0, pattern(100));
    stall();
    const first = resource.checkpoint();
    resource.writeAt(100, pattern(100));
    resume();
    await first;
    expect(durable(path)).toBe(100);
    await resource.checkpoint();
    expect(durable(path)).toBe(200);
  });

  it('that is asked for while one is made is another one, shared by all who ask', async () => {
    const path = freshPath();
    const { files, calls, stall, resume } = slowDisk();
    const resource = openAt(path, { files, checkpoint: false });
    resource.writeAt(0, pattern(100));
    stall();
    const first = resource.checkpoint();
    resource.writeAt(100, pattern(100));
    const more = [resource.checkpoint(), resource.checkpoint()];
    resource.writeAt(200, pattern(100));
    resume();
    await Promise.all([first, ...more]);
    expect([durable(path), calls.syncDataLater]).toEqual([300, 2]);
  });

  it('costs nothing when nothing has changed, and keeps a new identity and total', async () => {
    const path = freshPath();
    const { files, calls } = slowDisk();
    const resource = openAt(path, { files, checkpoint: false });
    await resource.checkpoint();
    expect(calls.syncDataLater).toBeUndefined();
    resource.writeAt(0, pattern(100));
    await resource.checkpoint();
    const before = { ...calls };
    await resource.checkpoint();
    expect([calls.syncDataLater, calls.rename]).toEqual([before.syncDataLater, before.rename]);
    resource.identity = 'v2';
    resource.expectedLength = 500;
    await resource.checkpoint();
    expect(MmapDriver.inspect(path)).toMatchObject({ identity: 'v2', expectedLength: 500 });
    expect(calls.syncDataLater).toBe(before.syncDataLater);
  });

  it('at close costs nothing either when a partial download was only looked at', () => {
    const path = freshPath();
    const first = openAt(path, {}, { identity: 'v1' });
    first.writeAt(5, pattern(100));
    first.close();
    const { files, calls } = slowDisk();
    openAt(path, { files }).close();
    expect([calls.write, calls.rename, calls.sync]).toEqual([undefined, undefined, undefined]);
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'partial', coveredBytes: 100, identity: 'v1' });
  });

  it('by bytes is made once enough is written, by time once enough has passed, and never with false', async () => {
    const [byBytes, byTime, never] = [freshPath(), freshPath(), freshPath()];
    const bytes = openAt(byBytes, { checkpoint: { bytes: 1000, ms: 1e9 } });
    bytes.writeAt(0, pattern(999));
    const time = openAt(byTime, { checkpoint: { bytes: 1e9, ms: 5 } });
    time.writeAt(0, pattern(10));
    const off = openAt(never, { checkpoint: false });
    off.writeAt(0, pattern(20_000_000));
    await until(() => durable(byTime) === 10);
    expect(durable(byBytes)).toBe(0);
    bytes.writeAt(999, pattern(1));
    await until(() => durable(byBytes) === 1000);
    time.writeAt(10, pattern(10));
    await until(() => durable(byTime) === 20);
    expect(durable(never)).toBe(0);
  });

  it('by default is made after 8 MiB that have come at less than 100 MB/s', async () => {
    const path = freshPath();
    const resource = openAt(path, { checkpoint: { ms: 1e9 } });
    resource.writeAt(0, new Uint8Array(2 ** 20));
    await new Promise((resolve) => setTimeout(resolve, 100));
    resource.writeAt(2 ** 20, new Uint8Array(6 * 2 ** 20));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(durable(path)).toBe(0);
    resource.writeAt(7 * 2 ** 20, new Uint8Array(2 ** 20));
    await until(() => durable(path) === 8 * 2 ** 20);
    expect(resource.coveredBytes).toBe(8 * 2 ** 20);
  });

  it('by default is not made for 8 MiB that come faster than 100 MB/s, and is once they come slower', async () => {
    const path = freshPath();
    const { files, calls } = slowDisk();
    const resource = openAt(path, { files, checkpoint: { ms: 1e9 } });
    resource.writeAt(0, new Uint8Array(9 * 2 ** 20));
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(calls.syncDataLater).toBeUndefined();
    await new Promise((resolve) => setTimeout(resolve, 100));
    resource.writeAt(9 * 2 ** 20, new Uint8Array(1));
    await until(() => durable(path) > 0);
    expect(durable(path)).toBe(9 * 2 ** 20 + 1);
  });

  it('is made by time where bytes come faster than 100 MB/s', async () => {
    const path = freshPath();
    const resource = openAt(path, { checkpoint: { ms: 5 } });
    resource.writeAt(0, new Uint8Array(9 * 2 ** 20));
    await until(() => durable(path) > 0);
    expect(durable(path)).toBe(9 * 2 ** 20);
  });

  it('by bytes that were asked for is made however fast they come', async () => {
    const path = freshPath();
    const resource = openAt(path, { checkpoint: { bytes: 8 * 2 ** 20, ms: 1e9 } });
    resource.writeAt(0, new Uint8Array(9 * 2 ** 20));
    await until(() => durable(path) > 0);
    expect(durable(path)).toBe(9 * 2 ** 20);
  });

  it('is made one at a time, however fast bytes come', async () => {
    const path = freshPath();
    const { files, calls } = slowDisk();
    let underWay = 0;
    let most = 0;
    const counted: FileSystem = {
      ...files,
      syncDataLater: async (descriptor) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await files.syncDataLater(descriptor);
        await new Promise((resolve) => setTimeout(resolve, 1));
        underWay -= 1;
      },
    };
    const resource = openAt(path, { files: counted, checkpoint: { bytes: 10, ms: 1 } });
    for (let at = 0; at < 300; at += 1) {
      resource.writeAt(at * 10, pattern(10));
      if (at % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    await until(() => durable(path) === 3000);
    expect(most).toBe(1);
    expect(calls.syncDataLater).toBeGreaterThan(1);
  });

  it.each<[string, (resource: ReturnType<typeof openAt>) => void]>([
    ['closed', (resource) => resource.close()],
    ['committed', (resource) => resource.commit()],
  ])('on its way when the resource is %s leaves no trace, and resolves', async (_what, end) => {
    const path = freshPath();
    const { files, stall, resume } = slowDisk();
    const resource = openAt(path, { files, checkpoint: false });
    resource.writeAt(0, pattern(100));
    stall();
    const checkpoint = resource.checkpoint();
    resource.writeAt(100, pattern(200).subarray(100));
    end(resource);
    // Somebody else may have the path by now, and a checkpoint of its own under way.
    const next = openAt(path, { mode: 'read-write' });
    next.writeAt(200, pattern(300).subarray(200));
    resume();
    await checkpoint;
    next.close();
    expect(durable(path)).toBe(300);
    MmapDriver.remove(path);
    expect(namesBeside(path)).toEqual([]);
  });

  it('on its way when the resource is discarded rejects with CLOSED, and brings nothing back', async () => {
    const path = freshPath();
    const { files, stall, resume } = slowDisk();
    const resource = openAt(path, { files, checkpoint: false });
    resource.writeAt(0, pattern(100));
    stall();
    const checkpoint = resource.checkpoint();
    resource.discard();
    resume();
    expect((await rejectionOf(checkpoint)).code).toBe('CLOSED');
    expect(namesBeside(path)).toEqual([]);
  });

  it('never blocks the thread while the disk works', async () => {
    const path = freshPath();
    const { files, calls, stall, resume } = slowDisk();
    const resource = openAt(path, { files, checkpoint: { bytes: 10, ms: 1 } });
    stall();
    resource.writeAt(0, pattern(100));
    const syncs = calls.sync;
    await until(() => calls.open !== undefined);
    for (let at = 100; at < 1000; at += 100) {
      resource.writeAt(at, pattern(100));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    expect([resource.coveredBytes, calls.sync]).toEqual([1000, syncs]);
    resume();
    await until(() => durable(path) === 1000);
  });

  it('by bytes and on request never run at once, and no unfinished coverage file gets the name', async () => {
    const path = freshPath();
    const { files } = slowDisk();
    let underWay = 0;
    let most = 0;
    const slow: FileSystem = {
      ...files,
      writeLater: async (...args) => {
        underWay += 1;
        most = Math.max(most, underWay);
        await new Promise((resolve) => setTimeout(resolve, 3));
        underWay -= 1;
        return files.writeLater(...args);
      },
    };
    const resource = openAt(path, { files: slow, checkpoint: { bytes: 10, ms: 1 } });
    const requested: Promise<void>[] = [];
    for (let at = 0; at < 60; at += 1) {
      resource.writeAt(at * 20, pattern(20));
      requested.push(resource.checkpoint());
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    await Promise.all(requested);
    expect([most, durable(path)]).toEqual([1, 1200]);
  });

  it('looks after what was written while it was made, also when the time for that came meanwhile', async () => {
    const path = freshPath();
    const { files, stall, resume } = slowDisk();
    const resource = openAt(path, { files, checkpoint: { ms: 2 } });
    stall();
    resource.writeAt(0, pattern(10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    resource.writeAt(10, pattern(10));
    await new Promise((resolve) => setTimeout(resolve, 20));
    resume();
    await until(() => durable(path) === 20);
    expect(resource.coveredBytes).toBe(20);
  });

  it('on its way when closing fails rejects with CLOSED: nothing was kept', async () => {
    const path = freshPath();
    const { files, stall, resume } = slowDisk();
    let isFull = false;
    const failing: FileSystem = {
      ...files,
      sync: (descriptor) => {
        if (isFull) throw systemError('ENOSPC');
        files.sync(descriptor);
      },
    };
    const resource = openAt(path, { files: failing, checkpoint: false });
    stall();
    resource.writeAt(0, pattern(10));
    const checkpoint = resource.checkpoint();
    resource.writeAt(10, pattern(10));
    isFull = true;
    expect(errorOf(() => resource.close()).code).toBe('NO_SPACE');
    resume();
    expect((await rejectionOf(checkpoint)).code).toBe('CLOSED');
  });

  it('that is due does not keep the process alive, which keeps what was written when it ends', () => {
    const path = freshPath();
    const { status, stderr } = spawnSync(process.execPath, [IDLE_WRITER, path], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(durable(path)).toBe(1000);
  });
});
