import { chmodSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import type { FileSystem } from '../../../../lib/drivers/mmap/files/file-system.js';
import { renameWithRetries } from '../../../../lib/drivers/mmap/files/rename-with-retries.js';
import { MmapDriver } from '../../../../lib/node.js';
import { CrashingDisk } from '../crashing-disk.js';
import { faultyFiles, faultyFolder, systemError } from '../faulty-files.js';
import { coveredEquals, freshPath, openAt, pattern } from '../../../support/scratch.js';
import { errorOf, rejectionOf } from '../../../support/code-of.js';

/** A file system that has no such calls for folders, each fails with `code`. */
function withoutFolderCalls(path: string, calls: readonly (keyof FileSystem)[], code: string): FileSystem {
  return faultyFolder(path, (call) => (calls.includes(call) ? code : undefined));
}

/** Fails the first `times` renames to a name, and counts all of them. */
function refusedRenames(to: string, code: string, times: number): { files: FileSystem; count: () => number } {
  let count = 0;
  const { files } = faultyFiles((call, args) => {
    if (call !== 'rename' || args[1] !== to) return;
    count += 1;
    if (count <= times) throw systemError(code);
  });
  return { files, count: () => count };
}

describe('a file system that cannot make a folder durable', () => {
  it.each([
    ['EINVAL', ['sync', 'syncLater']],
    ['ENOTSUP', ['sync', 'syncLater']],
    ['ENOSYS', ['sync', 'syncLater']],
    ['EBADF', ['sync', 'syncLater']],
    ['EACCES', ['open']],
    ['EPERM', ['open']],
    ['EISDIR', ['open']],
  ] as const)('and says %s lets everything else be done', async (code, calls) => {
    const path = freshPath();
    const files = withoutFolderCalls(path, calls, code);
    const first = openAt(path, { files, checkpoint: false });
    first.writeAt(0, pattern(50));
    await first.checkpoint();
    first.writeAt(50, pattern(100).subarray(50));
    first.close();
    const again = openAt(path, { files });
    expect([again.origin.from, coveredEquals(again, pattern(100))]).toEqual(['partial', true]);
    again.commit();
    again.reactivate();
    again.commit(90);
    expect(readFileSync(path)).toEqual(pattern(90));
  });

  it('because the disk fails is IO all the same', async () => {
    const path = freshPath();
    const files = withoutFolderCalls(path, ['sync', 'syncLater'], 'EIO');
    expect(errorOf(() => openAt(path, { files }).writeAt(0, pattern(5))).code).toBe('IO');
    const other = freshPath();
    const resource = openAt(other, { files: withoutFolderCalls(other, ['syncLater'], 'EIO'), checkpoint: false });
    resource.writeAt(0, pattern(5));
    expect((await rejectionOf(resource.checkpoint())).code).toBe('IO');
  });
});

describe('a folder', () => {
  const foldersSynced = (disk: CrashingDisk): number => disk.calls.filter((call) => call === 'sync folder').length;

  it('is not made durable with durable: false as long as nothing on disk claims bytes', () => {
    const path = freshPath();
    const disk = new CrashingDisk(dirname(path), () => undefined);
    const resource = openAt(path, { files: disk, durable: false, checkpoint: false });
    resource.writeAt(0, pattern(100));
    resource.commit();
    resource.close();
    expect(disk.calls.filter((call) => call.startsWith('sync'))).toEqual([]);
    expect(readFileSync(path)).toEqual(pattern(100));
  });

  it('is made durable with durable: false before the bytes are begun anew that something on disk claims', () => {
    const path = freshPath();
    const old = openAt(path);
    old.writeAt(0, pattern(100));
    old.close();
    const disk = new CrashingDisk(dirname(path), () => undefined);
    const resource = openAt(path, { files: disk, durable: false, checkpoint: false, resume: false });
    resource.writeAt(0, pattern(10, 2));
    expect(disk.calls.slice(-5)).toEqual([
      'unlink content.part.coverage',
      'sync folder',
      'unlink content.part',
      'create content.part',
      'write content.part',
    ]);
    expect(foldersSynced(disk)).toBe(1);
    resource.close();
    expect(foldersSynced(disk)).toBeGreaterThan(1);
    expect(MmapDriver.inspect(path).coveredBytes).toBe(10);
  });
});

describe('a file system that cannot set permissions', () => {
  it.each(['EPERM', 'ENOTSUP', 'EINVAL'])('and says %s leaves those it gives', (code) => {
    const path = freshPath();
    const { files } = faultyFiles((call) => {
      if (call === 'changeMode') throw systemError(code);
    });
    const resource = openAt(path, { files, mode: 'read-write' });
    resource.writeAll(pattern(100));
    chmodSync(path, 0o600);
    resource.writeAll(pattern(50));
    expect(readFileSync(path)).toEqual(pattern(50));
    resource.writeAt(0, pattern(10, 2));
    resource.commit(20);
    expect(readFileSync(path)).toHaveLength(20);
  });

  it('because the disk fails is IO, and nothing has changed', () => {
    const path = freshPath();
    const { files } = faultyFiles((call) => {
      if (call === 'changeMode') throw systemError('EIO');
    });
    const resource = openAt(path, { files, mode: 'read-write' });
    resource.writeAll(pattern(100));
    chmodSync(path, 0o600);
    expect(errorOf(() => resource.writeAll(pattern(50))).code).toBe('IO');
    expect(readFileSync(path)).toEqual(pattern(100));
  });
});

describe('a rename', () => {
  it.each(['EPERM', 'EBUSY', 'EACCES'])('that is refused with %s for the moment is made again', async (code) => {
    const path = freshPath();
    const { files, count } = refusedRenames(`${path}.part.coverage`, code, 4);
    const resource = openAt(path, { files: { ...files, renameRetryFor: 60_000 }, checkpoint: false });
    resource.writeAt(0, pattern(100));
    await resource.checkpoint();
    expect([count(), MmapDriver.inspect(path).coveredBytes]).toEqual([5, 100]);
    resource.discard();

    const other = freshPath();
    const commit = refusedRenames(other, code, 4);
    const committed = openAt(other, { files: { ...commit.files, renameRetryFor: 60_000 } });
    committed.writeAt(0, pattern(100));
    committed.commit();
    expect([commit.count(), readFileSync(other)]).toEqual([5, pattern(100)]);
  });

  it('says that it is alive between its tries, since readers in other threads wait for it', () => {
    const path = freshPath();
    const { files } = refusedRenames(path, 'EBUSY', 3);
    let alive = 0;
    const patient: FileSystem = {
      ...files,
      renameRetryFor: 60_000,
      rename: (from, to) => files.rename(`${from}.x`, to),
    };
    expect(() => {
      renameWithRetries(patient, path, path, () => (alive += 1));
    }).toThrow('ENOENT');
    expect(alive).toBe(3);
  });

  it('that is refused for good is IO once patience is at its end, and nothing has changed', () => {
    const path = freshPath();
    const { files, count } = refusedRenames(path, 'EBUSY', Infinity);
    const resource = openAt(path, { files: { ...files, renameRetryFor: 500 } });
    resource.writeAt(0, pattern(100));
    const error = errorOf(() => resource.commit());
    expect([error.code, (error.cause as { code?: string }).code, count() > 2]).toEqual(['IO', 'EBUSY', true]);
    expect([resource.status.state, coveredEquals(resource, pattern(100))]).toEqual(['active', true]);
  });

  it.each([
    ['for another reason', 'EIO', { renameRetryFor: 60_000 }],
    ['where a refusal is final, as everywhere but on Windows', 'EACCES', {}],
  ])('that is refused %s is not made again', (_what, code, patience) => {
    const path = freshPath();
    const { files, count } = refusedRenames(path, code, 1);
    const resource = openAt(path, { files: { ...files, ...patience } });
    resource.writeAt(0, pattern(100));
    expect([errorOf(() => resource.commit()).code, count()]).toEqual(['IO', 1]);
    resource.commit();
    expect(count()).toBe(2);
  });
});
