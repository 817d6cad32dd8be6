import { createHash } from 'node:crypto';
import { chmodSync, cpSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { type FileStatus, type FileSystem, NODE_FILES } from '../../../../lib/drivers/mmap/files/file-system.js';
import { MmapDriver } from '../../../../lib/node.js';
import { faultyFiles, systemError } from '../faulty-files.js';
import { freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { errorOf } from '../../../support/code-of.js';

/** The real file system, with times as of a clock that ticks every `tick` milliseconds. */
function coarse(tick: number): FileSystem {
  const rounded = (status: FileStatus): FileStatus => ({
    ...status,
    modified: Math.floor(status.modified / tick) * tick,
    changed: Math.floor(status.changed / tick) * tick,
  });
  return {
    ...NODE_FILES,
    status: (descriptor) => rounded(NODE_FILES.status(descriptor)),
    linkStatus: (path) => rounded(NODE_FILES.linkStatus(path)),
  };
}

describe('keepIdentity', () => {
  it('finds the identity of a committed file again', () => {
    const path = freshPath();
    openAt(path, { keepIdentity: true }, { identity: '"é\ud800"' }).writeAll(pattern(5));
    expect(openAt(path, { keepIdentity: true }).identity).toBe('"é\ud800"');
    expect(openAt(path).identity).toBeUndefined();
    expect(MmapDriver.inspect(path).identity).toBe('"é\ud800"');
  });

  it('does not give it to content that somebody else has put there', () => {
    const path = freshPath();
    openAt(path, { keepIdentity: true }, { identity: 'v1' }).writeAll(pattern(5));
    rmSync(path);
    writeFileSync(path, 'other');
    expect(openAt(path, { keepIdentity: true }).identity).toBeUndefined();
    writeFileSync(`${path}.identity`, 'damaged');
    expect(openAt(path, { keepIdentity: true }).identity).toBeUndefined();
  });

  it('goes with the file through reactivation, and follows a new identity', () => {
    const path = freshPath();
    const resource = openAt(path, { keepIdentity: true }, { identity: 'v1' });
    resource.writeAll(pattern(5));
    resource.reactivate();
    resource.writeAt(5, pattern(5));
    resource.commit();
    expect(openAt(path, { keepIdentity: true }).identity).toBe('v1');
    resource.reactivate();
    resource.identity = 'v2';
    resource.commit();
    expect(openAt(path, { keepIdentity: true }).identity).toBe('v2');
    resource.reactivate();
    resource.identity = undefined;
    resource.commit();
    expect(openAt(path, { keepIdentity: true }).identity).toBeUndefined();
  });

  /**
   * Commits five bytes where clocks tick every `tick` milliseconds, and tells what identity is
   * found after something was done to them.
   */
  async function identityAfter(
    tick: number,
    change: (path: string) => void | Promise<void>,
  ): Promise<string | undefined> {
    const path = freshPath();
    const files = coarse(tick);
    openAt(path, { files, keepIdentity: true }, { identity: 'v1' }).writeAll(pattern(5));
    expect(openAt(path, { files, keepIdentity: true }).identity).toBe('v1');
    await change(path);
    return openAt(path, { files, keepIdentity: true }).identity;
  }

  it('does not give it to other bytes of the same length that are written within a tick of the clock', async () => {
    expect(await identityAfter(1000, (path) => writeFileSync(path, 'other'))).toBeUndefined();
  });

  it('does not give it to another file of the same length and times', async () => {
    const found = await identityAfter(10_000, (path) => {
      const { atime, mtime } = statSync(path);
      writeFileSync(`${path}.other`, 'other');
      utimesSync(`${path}.other`, atime, mtime);
      renameSync(`${path}.other`, path);
    });
    expect(found).toBeUndefined();
  });

  it('does not give it to other bytes whose modification time was set back, at another time', async () => {
    const found = await identityAfter(5, async (path) => {
      const { atime, mtimeMs } = statSync(path);
      await new Promise((resolve) => setTimeout(resolve, 20));
      writeFileSync(path, 'other');
      // In the middle of its tick.
      utimesSync(path, atime, (Math.floor(mtimeMs / 5) * 5 + 2) / 1000);
    });
    expect(found).toBeUndefined();
  });

  it('does not give it to a copy that has taken its place', async () => {
    const found = await identityAfter(1, (path) => {
      cpSync(path, `${path}.copy`, { preserveTimestamps: true });
      renameSync(`${path}.copy`, path);
    });
    expect(found).toBeUndefined();
  });

  it('gives it to the same file in a folder that was renamed, and not to one whose status was changed later', async () => {
    const path = freshPath();
    openAt(path, { keepIdentity: true }, { identity: 'v1' }).writeAll(pattern(5));
    const moved = `${dirname(path)}-moved`;
    renameSync(dirname(path), moved);
    expect(openAt(`${moved}/content`, { keepIdentity: true }).identity).toBe('v1');
    await new Promise((resolve) => setTimeout(resolve, 20));
    chmodSync(`${moved}/content`, 0o640);
    expect(openAt(`${moved}/content`, { keepIdentity: true }).identity).toBeUndefined();
  });

  it('does not stay when the content is reactivated, or discarded then', () => {
    const path = freshPath();
    const resource = openAt(path, { keepIdentity: true }, { identity: 'v1' });
    resource.writeAll(pattern(5));
    resource.reactivate();
    expect(namesBeside(path)).toEqual(['content.lock', 'content.part', 'content.part.coverage']);
    expect(MmapDriver.inspect(path).identity).toBe('v1');
    resource.discard({ committed: true });
    expect(namesBeside(path)).toEqual([]);
  });

  it('is kept through a reactivation that is closed, and committed by the next', () => {
    const path = freshPath();
    const first = openAt(path, { keepIdentity: true }, { identity: 'v1' });
    first.writeAll(pattern(5));
    first.reactivate();
    first.close();
    openAt(path, { keepIdentity: true }).commit();
    expect(openAt(path, { keepIdentity: true }).identity).toBe('v1');
  });

  it('in a file of version 1, which names no inode, is not believed, and goes with the next commit', () => {
    const path = freshPath();
    openAt(path, { keepIdentity: true }, { identity: 'v1' }).writeAll(pattern(5));
    const old = versionOne('v1', 5, statSync(path, { bigint: true }).mtimeNs);
    writeFileSync(`${path}.identity`, old);
    expect(MmapDriver.inspect(path).identity).toBeUndefined();
    const resource = openAt(path, { mode: 'read-write', keepIdentity: true });
    expect(resource.identity).toBeUndefined();
    resource.writeAll(pattern(6));
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('that cannot be written fails the commit; one that cannot get its name is not kept, and the commit stands', () => {
    const path = freshPath();
    let failing: string | undefined;
    const { files } = faultyFiles((call, args) => {
      if (call === failing && (call !== 'rename' || String(args[1]).endsWith('.identity'))) throw systemError('ENOSPC');
    });
    const resource = openAt(path, { files, keepIdentity: true, durable: false }, { identity: 'v1' });
    resource.writeAt(0, pattern(5));
    failing = 'write';
    expect([errorOf(() => resource.commit()).code, resource.status.state]).toEqual(['NO_SPACE', 'active']);
    failing = 'rename';
    resource.commit();
    expect(namesBeside(path)).toEqual(['content']);
    expect(openAt(path, { keepIdentity: true }).identity).toBeUndefined();
  });

  it('is not kept where the modification time had to be set and cannot be', () => {
    const path = freshPath();
    const { files } = faultyFiles((call) => {
      if (call === 'changeModified') throw systemError('EPERM');
    });
    // All of it is written within one tick.
    const { status } = coarse(1e12);
    const resource = openAt(path, { files: { ...files, status }, keepIdentity: true }, { identity: 'v1' });
    resource.writeAll(pattern(5));
    expect(namesBeside(path)).toEqual(['content']);
    expect(readFileSync(path)).toEqual(pattern(5));
  });
});

/** An identity file as the first version of the format had it. */
function versionOne(identity: string, length: number, modifiedNs: bigint): Buffer {
  const text = Buffer.from(identity, 'utf16le');
  const bytes = Buffer.alloc(40 + text.length);
  bytes.write('tidemark', 'latin1');
  bytes.writeUInt32LE(1, 8);
  bytes.writeUInt32LE(3, 12);
  bytes.writeDoubleLE(length, 16);
  bytes.writeDoubleLE(Number(modifiedNs) / 1e6, 24);
  bytes.writeUInt32LE(identity.length, 32);
  text.copy(bytes, 40);
  return Buffer.concat([bytes, createHash('sha256').update(bytes).digest()]);
}
