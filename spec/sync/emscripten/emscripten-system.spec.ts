import { describe, expect, it } from '@jest/globals';
import { emscriptenFile, type EmscriptenFS, openSync } from '../../../lib/sync.js';
import { openResource } from '../../support/slow-writer.js';
import { type TestThread } from '../../support/threads.js';
import { ffmpegOver } from './ffmpeg-thread.js';
import { filled } from '../../support/bytes.js';
import { demandsOfReader } from '../../support/demands-of.js';
import { range } from '../../support/range.js';

const FILE = '/in/song';
const CONTENT = new Uint8Array(100_000).map((_, i) => (i * 7919) >> 5);
/** Numbers of WASI. */
const [EACCES, EBADF, EINVAL, ENOENT, EROFS] = [2, 8, 28, 44, 69];
const SEEK_CUR = 1;
const SEEK_END = 2;

async function complete(): Promise<TestThread> {
  const resource = openResource();
  resource.writeAll(CONTENT);
  return ffmpegOver(resource);
}

describe('a file of emscriptenFile, to the file system of the module,', () => {
  it('is listed, has a size and permissions, and is read whole, from a seek, and at once at its end', async () => {
    const thread = await complete();
    expect(await thread.call('fs', 'readdir', '/in')).toEqual(['.', '..', 'song']);
    const stats = await thread.call<Record<string, number>>('fs', 'stat', FILE);
    expect(stats).toMatchObject({ size: 100_000, blocks: 25, blksize: 4096, mode: 0o100444, nlink: 1 });
    expect(await thread.call('fs', 'readFile', FILE)).toEqual(CONTENT);
    await thread.call('openStream', FILE);
    expect(await thread.call('seek', FILE, -4, SEEK_END)).toBe(99_996);
    expect(await thread.call('read', FILE, 10)).toEqual(CONTENT.slice(-4));
    expect(await thread.call('read', FILE, 10)).toEqual(filled(0));
    expect(await thread.call('read', FILE, 70_000)).toEqual(filled(0));
    expect(await thread.call('seek', FILE, -50_000, SEEK_CUR)).toBe(50_000);
    expect(await thread.call('read', FILE, 20_000)).toEqual(CONTENT.slice(50_000, 70_000));
    expect(await thread.call('read', FILE, 5, 10)).toEqual(CONTENT.slice(10, 15));
    expect(await thread.call('seek', FILE, -1, 0)).toEqual({ errno: EINVAL });
    expect(await thread.call('seek', FILE, 2 ** 53 - 10, 0)).toBe(2 ** 53 - 10);
    expect(await thread.call('read', FILE, 5)).toEqual(filled(0));
    expect(await thread.call('read', FILE, 40_000)).toEqual(filled(0));
    expect(await thread.call('takeError', FILE)).toBeUndefined();
  });

  it.each([400, 40_000])(
    'is read into the middle of shared memory, %i bytes, and no other byte is touched',
    async (n) => {
      const thread = await complete();
      await thread.call('openStream', FILE);
      const read = await thread.call<{ n: number; memory: Uint8Array }>('readShared', FILE, n);
      expect(read.n).toBe(n);
      expect(Buffer.compare(read.memory, Buffer.concat([filled(150, 0), CONTENT.subarray(0, n), filled(150, 0)]))).toBe(
        0,
      );
    },
  );

  it('is mapped, with zeros behind its end', async () => {
    const thread = await complete();
    await thread.call('openStream', FILE);
    expect(await thread.call('map', FILE, 1000, 4096)).toEqual(CONTENT.slice(4096, 5096));
    expect(await thread.call('map', FILE, 8192, 98_304)).toEqual(
      new Uint8Array([...CONTENT.subarray(98_304), ...filled(8192 - 1696, 0)]),
    );
  });

  it.each([
    [false, EACCES],
    [true, EROFS],
  ])('refuses every change; permissions ignored: %s', async (ignored, errno) => {
    const thread = await complete();
    await thread.call('ignorePermissions', ignored);
    const open = await thread.call('openDescriptors');
    for (const flags of ['r+', 'w', 'w+', 'a', 'a+']) {
      expect(await thread.call('openStream', FILE, flags)).toEqual({ errno });
    }
    expect(await thread.call('fs', 'writeFile', FILE, 'x')).toEqual({ errno });
    expect(await thread.call('fs', 'truncate', FILE, 10)).toEqual({ errno });
    expect(await thread.call('openDescriptors')).toBe(open);
    expect(await thread.call('fs', 'readFile', FILE)).toEqual(CONTENT);
  });

  it('stays read-only when its permissions change, which they do', async () => {
    const thread = await complete();
    await thread.call('fs', 'chmod', FILE, 0o666);
    expect(await thread.call('fs', 'stat', FILE)).toMatchObject({ mode: 0o100666, size: 100_000 });
    expect(await thread.call('openStream', FILE, 'r+')).toEqual({ errno: EROFS });
    expect(await thread.call('fs', 'truncate', FILE, 0)).toEqual({ errno: EROFS });
    await thread.call('openStream', FILE);
    expect(await thread.call('fs', 'utime', FILE, 1000, 2000)).toBeUndefined();
    const { mtime } = await thread.call<{ mtime: Date }>('fs', 'stat', FILE);
    expect(mtime.getTime()).toBe(2000);
  });

  it('is removed by close, wherever it is by then, and an open stream reads on', async () => {
    const thread = await complete();
    await thread.call('openStream', FILE);
    await thread.call('fs', 'rename', FILE, '/moved');
    await thread.call('fs', 'writeFile', FILE, 'another');
    await thread.call('closeFile', FILE);
    expect(await thread.call('fs', 'stat', '/moved')).toEqual({ errno: ENOENT });
    expect(await thread.call('read', FILE, 5, 10)).toEqual(CONTENT.slice(10, 15));
    await thread.call('fs', 'writeFile', '/moved', 'yet another');
    await thread.call('closeFile', FILE);
    expect(await thread.call('fs', 'readdir', '/in')).toEqual(['.', '..', 'song']);
    expect(await thread.call('fs', 'readFile', '/moved', { encoding: 'utf8' })).toBe('yet another');
    await thread.call('closeStream', FILE);
    expect(await thread.call('read', FILE, 5)).toEqual({ errno: EBADF });
  });

  it('can be removed by others, and its path be used anew', async () => {
    const thread = await complete();
    await thread.call('fs', 'unlink', FILE);
    expect(await thread.call('fs', 'readdir', '/in')).toEqual(['.', '..']);
    const resource = openResource();
    resource.writeAll(filled(10));
    await thread.call('closeFile', FILE);
    await thread.call('open', FILE, resource.createPort().handle);
    expect(await thread.call('fs', 'readFile', FILE)).toEqual(filled(10));
  });

  it('says why it cannot be made', async () => {
    const thread = await complete();
    const resource = openResource();
    const attempt = (path: string): Promise<unknown> => thread.call('tryOpen', path, resource.createPort().handle);
    await thread.call('mountBlob', '/blobs');
    await thread.call('mountMaker', '/elsewhere');
    expect(await attempt(FILE)).toMatchObject({ code: 'INVALID_ARGUMENT', path: FILE, errno: 20 });
    expect(await attempt('/in')).toMatchObject({ code: 'INVALID_ARGUMENT', path: '/in' });
    expect(await attempt(`${FILE}/x`)).toMatchObject({ code: 'INVALID_ARGUMENT', path: `${FILE}/x` });
    expect(await attempt('/nope/x')).toMatchObject({ code: 'NOT_FOUND', path: '/nope/x', errno: ENOENT });
    expect(await attempt('')).toMatchObject({ code: 'NOT_FOUND', path: '' });
    // Folders of other file systems.
    expect(await attempt('/elsewhere/x')).toMatchObject({ code: 'UNSUPPORTED', path: '/elsewhere/x' });
    expect(await thread.call('made')).toEqual([]);
    expect(await attempt('/proc/self/fd/x')).toMatchObject({ code: 'UNSUPPORTED', path: '/proc/self/fd/x' });
    expect(await attempt('/blobs/x')).toMatchObject({ code: 'UNSUPPORTED', path: '/blobs/x', errno: 63 });
    await thread.call('fs', 'chmod', '/in', 0o555);
    expect(await attempt('/in/x')).toMatchObject({ code: 'IO', path: '/in/x', errno: EACCES });
    for (const path of [FILE, '/nope/x', '/blobs/x']) {
      expect((await attempt(path)) as { message: string }).toHaveProperty('message', expect.stringContaining(path));
    }
  });
});

describe('the size of a file of emscriptenFile', () => {
  it('blocks for the first byte while it is unknown, and no longer once that came with the length', async () => {
    const resource = openResource();
    const thread = await ffmpegOver(resource);
    const size = thread.call('size', FILE);
    expect((await demandsOfReader(resource, 'ffmpeg')).map((demand) => demand.range)).toEqual([range(0, 1)]);
    resource.expectedLength = 5_000_000;
    resource.writeAt(0, filled(1));
    expect(await size).toBe(5_000_000);
    expect(resource.coveredBytes).toBe(1);
    resource.expectedLength = 7;
    expect(await thread.call('size', FILE)).toBe(7);
  });

  it.each([0, 1, 1_048_576, 2_500_000])(
    'blocks until the content is complete where nothing tells: %i bytes',
    async (n) => {
      const resource = openResource();
      const thread = await ffmpegOver(resource);
      const size = thread.call('size', FILE);
      await demandsOfReader(resource, 'ffmpeg');
      if (n > 0) resource.writeAt(0, filled(n));
      resource.commit();
      expect(await size).toBe(n);
    },
  );
});

describe('what is no classic file system of Emscripten', () => {
  it.each<[string, unknown, string]>([
    ['nothing, since the module does not export it', undefined, 'got undefined'],
    ['WASMFS', { unlink: () => 0, mkdir: () => 0, create: () => 0 }, 'without lookupPath, getPath, ErrnoError'],
    [
      'one with names made short',
      { a: () => 0, b: () => 0 },
      'without lookupPath, create, getPath, ErrnoError, unlink',
    ],
  ])('is refused: %s', (_name, FS, found) => {
    using reader = openSync(openResource().createPort().handle);
    const attempt = (): unknown => emscriptenFile(FS as EmscriptenFS, '/song', reader);
    expect(attempt).toThrow(expect.objectContaining({ code: 'UNSUPPORTED' }));
    expect(attempt).toThrow(found);
    expect(attempt).toThrow('-sEXPORTED_RUNTIME_METHODS=FS');
  });
});
