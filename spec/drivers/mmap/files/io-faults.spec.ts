import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { type FileSystem, NODE_FILES } from '../../../../lib/drivers/mmap/files/file-system.js';
import { isStorageError, Resource } from '../../../../lib/index.js';
import { MmapDriver, type OpenMode } from '../../../../lib/node.js';
import { faultyFiles, systemError } from '../faulty-files.js';
import { coveredEquals, freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { errorOf, rejectionOf } from '../../../support/code-of.js';

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
  ])(
    'that refuses a write with %s makes it fail with %s, with nothing covered, and it can be made again',
    (code, expected) => {
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
    },
  );

  it('that writes a part and then fails leaves nothing covered, not even that part', () => {
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

  it('that refuses a read makes it fail with IO, path and cause, and the next read works', () => {
    const path = freshPath();
    const { files, next } = trap();
    const resource = openAt(path, { files });
    resource.writeAt(0, pattern(100));
    next('read', 'EIO');
    const error = errorOf(() => resource.readAt(0, new Uint8Array(100)));
    expect([error.code, error.path, (error.cause as { code?: string }).code]).toEqual(['IO', path, 'EIO']);
    expect(coveredEquals(resource, pattern(100))).toBe(true);
  });

  it('that has no descriptors left makes opening fail with IO, until there are some', () => {
    const path = freshPath();
    const { files, open, next } = trap();
    next('open', 'EMFILE');
    const error = errorOf(() => openAt(path, { files }));
    expect([error.code, error.message.includes('limit of open files')]).toEqual(['IO', true]);
    expect(open.size).toBe(0);
    expect(openAt(path, { files }).origin.from).toBe('new');
  });

  it('that cannot make bytes durable may have lost them, so no later checkpoint or commit claims them', async () => {
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

  it('that fails to make the name durable makes commit fail with IO, and the resource is committed all the same', () => {
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

  /**
   * Uses a path in all ways; every call of the driver may throw, and is made again until it does
   * not.
   */
  async function use(
    path: string,
    mode: OpenMode,
    files: FileSystem,
    refused: (error: unknown) => void,
  ): Promise<void> {
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
      insist(() => {
        const driver = new MmapDriver({ path, mode, files, checkpoint: false, keepIdentity: true });
        resource = Resource.open(driver);
      });
    await open();
    await insist(() => resource?.writeAt(0, pattern(50)));
    await attempt(() => resource?.checkpoint());
    await insist(() => resource?.writeAt(50, pattern(100).subarray(50)));
    // A whole block, which is given back by a checkpoint, and another one at close.
    await insist(() => resource?.writeAt(4000, pattern(20_000).subarray(4000)));
    resource?.evict({ start: 4000, end: 12_000 });
    await attempt(() => resource?.checkpoint());
    resource?.evict({ start: 12_000, end: 20_000 });
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

  /** Content that a replacement is to replace. */
  const OLD = pattern(60, 2);
  const pathFor = (mode: OpenMode): string => {
    const path = freshPath();
    if (mode !== 'replace') return path;
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, OLD);
    return path;
  };
  /** Until a replacement is committed the old content has the name. */
  const isWhole = (path: string): boolean => {
    const found = readFileSync(path);
    return found.equals(OLD) || (found.length >= 80 && pattern(found.length).equals(found));
  };

  it.each(['auto', 'replace'] as const)(
    'is a typed error with path and cause, loses nothing that is under its name, and leaks no descriptor, in mode %s',
    async (mode) => {
      let total = 0;
      await use(pathFor(mode), mode, faultyFiles(() => (total += 1)).files, (error) => {
        throw error;
      });
      expect(total).toBeGreaterThan(50);
      for (let failing = 1; failing <= total; failing += 1) {
        const path = pathFor(mode);
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
        await use(path, mode, files, (error) => {
          const isThere = mode !== 'replace' || (existsSync(path) ? isWhole(path) : existsSync(`${path}.part`));
          if (!isThere) throw new Error(`${what()}: the old content is gone`, { cause: error });
          const sound = isStorageError(error, 'IO', 'NO_SPACE') && error.path === path && error.cause !== undefined;
          if (!sound) throw new Error(`${what()}: ${String(error)}`, { cause: error });
        });
        expect([what(), [...open]]).toEqual([what(), []]);
        const found = Resource.open(new MmapDriver({ path }));
        expect([what(), found.origin.refused, coveredEquals(found, pattern(100))]).toEqual([what(), undefined, true]);
        expect([what(), found.coveredBytes === 80 || found.coveredBytes === 90]).toEqual([what(), true]);
        found.discard({ committed: true });
      }
    },
  );
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

describe('a file system that is too small for what is announced', () => {
  const announced = (freeBytes: FileSystem['freeBytes'], bytes: number): void => {
    const resource = openAt(freshPath(), { files: { ...NODE_FILES, freeBytes } });
    resource.driver.announce(bytes);
  };

  it('is NO_SPACE, with what there is room for', () => {
    const error = errorOf(() => announced(() => 1000, 1001));
    expect(error.code).toBe('NO_SPACE');
    expect(error.message).toMatch(/1001 more bytes.* 1000\./);
    expect(() => announced(() => 1000, 1000)).not.toThrow();
  });

  it('is left to the write where it does not tell, or fails to', () => {
    expect(() => announced(() => undefined, 2 ** 50)).not.toThrow();
    const refused = (): never => {
      throw systemError('ENOSYS');
    };
    expect(() => announced(refused, 2 ** 50)).not.toThrow();
  });

  it('is looked at itself: no disk holds 2^53 bytes', () => {
    expect(errorOf(() => openAt(freshPath()).driver.announce(Number.MAX_SAFE_INTEGER)).code).toBe('NO_SPACE');
    expect(() => openAt(freshPath()).driver.announce(1)).not.toThrow();
  });
});
