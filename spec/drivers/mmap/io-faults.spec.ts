import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

import type { FileSystem } from '../../../lib/drivers/mmap/file-system.js';
import { isStorageError, Resource } from '../../../lib/index.js';
import { MmapDriver } from '../../../lib/node.js';
import { faultyFiles, systemError } from './faulty-files.js';
import { coveredEquals, errorOf, folder, freshPath, namesBeside, openAt, pattern, rejectionOf } from './scratch.js';

/** Fails the next call of a kind, once it is armed. */
function trap(): {
  files: FileSystem;
  open: Set<number>;
  next: (call: keyof FileSystem, code: string, times?: number) => void;
} {
  const armed: { call: keyof FileSystem; code: string; times: number }[] = [];
  const { files, open } = faultyFiles((call) => {
    const found = armed.find((fault) => fault.call === call && fault.times > 0);
    if (found === undefined) return;
    found.times -= 1;
    throw systemError(found.code);
  });
  return { files, open, next: (call, code, times = 1) => void armed.push({ call, code, times }) };
}

describe('the operating system', () => {
  it('may move fewer bytes than it is asked to, and be interrupted by signals', async () => {
    const path = freshPath();
    let calls = 0;
    const { files } = faultyFiles((call) => {
      calls += 1;
      if ((call === 'read' || call === 'write') && calls % 3 === 0) throw systemError('EINTR');
    });
    const short: FileSystem = {
      ...files,
      read: (descriptor, target, from, length, position) =>
        files.read(descriptor, target, from, Math.min(length, 7), position),
      write: (descriptor, data, from, length, position) =>
        files.write(descriptor, data, from, Math.min(length, 11), position),
      writeLater: (descriptor, data, from, length, position) =>
        files.writeLater(descriptor, data, from, Math.min(length, 13), position),
    };
    const resource = openAt(path, { files: short, mapping: 'off' });
    resource.writeAt(10, pattern(1000).subarray(10));
    await resource.checkpoint();
    resource.writeAt(0, pattern(10));
    expect(coveredEquals(resource, pattern(1000))).toBe(true);
    resource.commit();
    expect(Buffer.from(resource.readAll())).toEqual(pattern(1000));
    expect(readFileSync(path)).toEqual(pattern(1000));
  });

  it.each([
    ['EIO', 'IO'],
    ['ENOSPC', 'NO_SPACE'],
    ['EDQUOT', 'NO_SPACE'],
  ])('that refuses a write with %s: %s, nothing is covered, and the write can be made again', (code, expected) => {
    const path = freshPath();
    const { files, next } = trap();
    const resource = openAt(path, { files });
    resource.writeAt(0, pattern(100));
    const { coverage } = resource;
    next('write', code);
    const error = errorOf(() => resource.writeAt(100, pattern(200).subarray(100)));
    expect([error.code, error.path, (error.cause as { code?: string }).code]).toEqual([expected, path, code]);
    expect(error.message).toContain('100 bytes at 100');
    expect([resource.coverage, resource.status.state]).toEqual([coverage, 'active']);
    resource.writeAt(100, pattern(200).subarray(100));
    resource.commit();
    expect(readFileSync(path)).toEqual(pattern(200));
  });

  it('that writes a part and then fails: nothing is covered, not even that part', () => {
    const path = freshPath();
    let writes = 0;
    const { files } = faultyFiles((call) => {
      if (call === 'write' && (writes += 1) === 2) throw systemError('ENOSPC');
    });
    const short: FileSystem = {
      ...files,
      write: (descriptor, data, from, length, position) =>
        files.write(descriptor, data, from, Math.min(length, 60), position),
    };
    const resource = openAt(path, { files: short });
    expect(errorOf(() => resource.writeAt(0, pattern(100))).code).toBe('NO_SPACE');
    expect(resource.coveredBytes).toBe(0);
    resource.close();
    expect(namesBeside(path)).toEqual([]);
  });

  it('that refuses a read: IO with path and cause, and the next read works', () => {
    const path = freshPath();
    const { files, next } = trap();
    const resource = openAt(path, { files });
    resource.writeAt(0, pattern(100));
    next('read', 'EIO');
    const error = errorOf(() => resource.readAt(0, new Uint8Array(100)));
    expect([error.code, error.path, (error.cause as { code?: string }).code]).toEqual(['IO', path, 'EIO']);
    expect(coveredEquals(resource, pattern(100))).toBe(true);
  });

  it('that has no descriptors left: IO, and it opens once there are some', () => {
    const path = freshPath();
    const { files, open, next } = trap();
    next('open', 'EMFILE');
    const error = errorOf(() => openAt(path, { files }));
    expect([error.code, error.message.includes('limit of open files')]).toEqual(['IO', true]);
    expect(open.size).toBe(0);
    expect(openAt(path, { files }).origin.from).toBe('new');
  });

  it('that cannot make bytes durable may have lost them: no later checkpoint or commit claims them', async () => {
    const path = freshPath();
    const { files, next } = trap();
    const resource = openAt(path, { files });
    resource.writeAt(0, pattern(100));
    await resource.checkpoint();
    resource.writeAt(100, pattern(200).subarray(100));
    next('syncDataLater', 'EIO');
    for (const failed of [await rejectionOf(resource.checkpoint()), await rejectionOf(resource.checkpoint())]) {
      expect([failed.code, failed.path, (failed.cause as { code?: string }).code]).toEqual(['IO', path, 'EIO']);
    }
    expect(errorOf(() => resource.commit()).code).toBe('IO');
    expect(resource.status.state).toBe('active');
    expect(coveredEquals(resource, pattern(200))).toBe(true);
    expect(errorOf(() => resource.close()).code).toBe('IO');
    const again = openAt(path);
    expect(again.coverage.toArray()).toEqual([{ start: 0, end: 100 }]);
    expect(coveredEquals(again, pattern(100))).toBe(true);
  });

  it.each(['write', 'sync'] as const)('that fails the %s of a commit leaves the resource active', (call) => {
    const path = freshPath();
    const { files, next, open } = trap();
    const resource = openAt(path, { files });
    resource.writeAt(0, pattern(100));
    const before = open.size;
    // Shorter than the file: its bytes are copied, so they are written once more.
    next(call, 'EIO');
    expect(errorOf(() => resource.commit(50)).code).toBe('IO');
    expect([resource.status.state, open.size, existsSync(path)]).toEqual(['active', before, false]);
    expect(coveredEquals(resource, pattern(100))).toBe(true);
    expect(existsSync(`${path}.part.new`)).toBe(false);
  });

  it('that refuses to rename leaves the resource active', () => {
    const path = freshPath();
    const { files, next } = trap();
    const resource = openAt(path, { files });
    resource.writeAt(0, pattern(100));
    next('rename', 'EIO');
    expect(errorOf(() => resource.commit()).code).toBe('IO');
    expect([resource.status.state, existsSync(path)]).toEqual(['active', false]);
    resource.commit();
    expect(readFileSync(path)).toEqual(pattern(100));
  });

  it('that fails to make the name durable: IO, and the resource is committed all the same', () => {
    const path = freshPath();
    let syncs = -Infinity;
    const { files } = faultyFiles((call) => {
      // The file first, then the folder.
      if (call === 'sync' && (syncs += 1) === 2) throw systemError('EIO');
    });
    const resource = openAt(path, { files });
    const states: string[] = [];
    resource.status$.subscribe(({ state }) => states.push(state));
    resource.writeAt(0, pattern(100));
    syncs = 0;
    const error = errorOf(() => resource.commit());
    expect([error.code, error.path]).toEqual(['IO', path]);
    expect(resource.status).toEqual({ state: 'committed', finalLength: 100 });
    expect(states).toEqual(['active', 'committed']);
    expect(readFileSync(path)).toEqual(pattern(100));
    expect(MmapDriver.inspect(path).claimed).toBe(false);
    resource.commit();
  });

  it('that fails to remove what a commit leaves over is not minded', () => {
    const path = freshPath();
    const { files, next } = trap();
    const resource = openAt(path, { files });
    resource.writeAt(0, pattern(100));
    next('unlink', 'EIO', 9);
    resource.commit();
    expect(resource.status.state).toBe('committed');
    expect(openAt(path).readAll()).toHaveLength(100);
  });

  it('that fails a timed checkpoint is asked again at the next one', async () => {
    const path = freshPath();
    const { files, next } = trap();
    const resource = openAt(path, { files, checkpoint: { ms: 1 } });
    next('writeLater', 'ENOSPC');
    resource.writeAt(0, pattern(10));
    const covered = async (bytes: number): Promise<void> => {
      while (MmapDriver.inspect(path).coveredBytes !== bytes) await new Promise((resolve) => setTimeout(resolve, 2));
    };
    await new Promise((resolve) => setTimeout(resolve, 30));
    resource.writeAt(10, pattern(20).subarray(10));
    await covered(20);
    expect(namesBeside(path)).toEqual(['content.lock', 'content.part', 'content.part.coverage']);
  });
});

describe('a fault at any call', () => {
  const CODES = ['EIO', 'ENOSPC', 'EACCES', 'EMFILE'] as const;

  /** Uses a path in all ways; every call of the driver may throw, and is made again until it does not. */
  async function use(path: string, files: FileSystem, refused: (error: unknown) => void): Promise<void> {
    const attempt = async (action: () => unknown): Promise<boolean> => {
      try {
        await action();
        return true;
      } catch (error) {
        refused(error);
        return false;
      }
    };
    // One fault, so the second time works.
    const insist = async (action: () => unknown): Promise<void> => {
      if (!(await attempt(action))) await action();
    };
    let resource: Resource | undefined;
    const open = (): Promise<void> =>
      insist(() => (resource = Resource.open(new MmapDriver({ path, files, checkpoint: false, keepIdentity: true }))));
    await open();
    await insist(() => resource?.writeAt(0, pattern(50)));
    await attempt(() => resource?.checkpoint());
    await insist(() => resource?.writeAt(50, pattern(100).subarray(50)));
    await attempt(() => resource?.close());
    await open();
    // What a fault kept from being kept is written again.
    await insist(() => resource?.writeAt(0, pattern(100)));
    if (!(await attempt(() => resource?.commit(90))) && resource?.status.state === 'active') {
      // It cannot be made durable any more.
      await attempt(() => resource?.close());
      await open();
      await insist(() => resource?.writeAll(pattern(90)));
    }
    await attempt(() => {
      resource?.reactivate();
      resource?.commit(80);
    });
    await attempt(() => resource?.close());
  }

  it('is a typed error with path and cause, loses nothing that is under its name, and leaks no descriptor', async () => {
    let total = 0;
    await use(freshPath(), faultyFiles(() => (total += 1)).files, (error) => {
      throw error;
    });
    expect(total).toBeGreaterThan(50);
    for (let failing = 1; failing <= total; failing += 1) {
      const path = freshPath();
      const code = CODES[failing % CODES.length] ?? 'EIO';
      let calls = 0;
      let failed: keyof FileSystem | undefined;
      const { files, open } = faultyFiles((call) => {
        calls += 1;
        if (calls !== failing) return;
        failed = call;
        throw systemError(code);
      });
      const what = (): string => `call ${failing}, ${failed ?? 'none'}`;
      await use(path, files, (error) => {
        const sound = isStorageError(error, 'IO', 'NO_SPACE') && error.path === path && error.cause !== undefined;
        if (!sound) throw new Error(`${what()}: ${String(error)}`, { cause: error });
      });
      expect([what(), [...open]]).toEqual([what(), []]);
      const found = Resource.open(new MmapDriver({ path }));
      expect([what(), found.origin.refused, coveredEquals(found, pattern(100))]).toEqual([what(), undefined, true]);
      expect([what(), found.coveredBytes === 80 || found.coveredBytes === 90]).toEqual([what(), true]);
      found.discard({ committed: true });
    }
  });
});

describe('a full disk', () => {
  const mounted: string[] = [];
  afterEach(() => {
    for (const point of mounted.splice(0)) execFileSync('umount', ['--lazy', point]);
  });

  it('is NO_SPACE and no SIGBUS, changes no coverage, and the write succeeds once there is room', async () => {
    const point = join(folder, 'full');
    mkdirSync(point);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', point]);
    mounted.push(point);
    const path = join(point, 'content');
    const ballast = join(point, 'ballast');
    writeFileSync(ballast, Buffer.alloc(600_000));
    const source = pattern(700_000);
    const resource = openAt(path);
    resource.writeAt(0, source.subarray(0, 200_000));
    await resource.checkpoint();
    const { coverage } = resource;
    const error = errorOf(() => resource.writeAt(200_000, source.subarray(200_000)));
    expect([error.code, error.path]).toEqual(['NO_SPACE', path]);
    expect([resource.coverage, resource.status.state]).toEqual([coverage, 'active']);
    expect(errorOf(() => resource.writeAll(source)).code).toBe('NO_SPACE');
    expect(coveredEquals(resource, source)).toBe(true);
    rmSync(ballast);
    resource.writeAt(200_000, source.subarray(200_000));
    resource.commit();
    expect(Buffer.compare(resource.readAll(), source)).toBe(0);
    expect(namesBeside(path)).toEqual(['content']);
    resource.close();
  });
});

describe('bytes that somebody else has cut off', () => {
  it('are IO where the file is read, and not mapped', () => {
    const path = freshPath();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, pattern(100));
    const resource = openAt(path, { mapping: 'off' });
    writeFileSync(path, pattern(50));
    const error = errorOf(() => resource.readAt(40, new Uint8Array(40)));
    expect([error.code, error.path, error.range]).toEqual(['IO', path, { start: 40, end: 80 }]);
  });
});
