import { execFileSync } from 'node:child_process';
import fs, { existsSync, readdirSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { findHeld } from '../../../../lib/drivers/mmap/attachment/held-file.js';
import { SharedFileState } from '../../../../lib/drivers/mmap/attachment/shared-file-state.js';
import { FileSet } from '../../../../lib/drivers/mmap/files/file-set.js';
import { type FileSystem, NODE_FILES } from '../../../../lib/drivers/mmap/files/file-system.js';
import type { MmapResource } from '../../../../lib/node.js';
import { rounds } from '../../../run/rounds.js';
import { type Elsewhere, processOwner, threadReader } from '../elsewhere.js';
import { faultyFiles } from '../faulty-files.js';
import { MAPPINGS } from '../mappings.js';
import { freshPath, openAt, pattern } from '../../../support/scratch.js';
import { errorOf, rejectionOf } from '../../../support/code-of.js';

const OLD = pattern(5000, 1);
const NEW = pattern(7000, 2);
/** Where a file can be opened without its name. */
const onLinux = process.platform === 'linux';
/** Some other system. */
const elsewhere = (): FileSystem =>
  Object.fromEntries(Object.entries(NODE_FILES).filter(([name]) => name !== 'descriptorPath')) as unknown as FileSystem;

async function readerOf(resource: MmapResource, blocking = true): Promise<Elsewhere> {
  const reader = threadReader();
  await reader.call('attach', resource.createPort().handle, blocking);
  return reader;
}

async function allOf(reader: Elsewhere): Promise<Buffer> {
  return Buffer.from(await reader.call<Uint8Array>('readAt', 0, 10_000));
}

function committed(content = OLD, options = {}): MmapResource {
  const resource = openAt(freshPath(), options);
  resource.writeAll(content);
  return resource;
}

function replaceAt(path: string, content: Uint8Array): void {
  const resource = openAt(path, { mode: 'replace' });
  resource.writeAt(0, content);
  resource.commit();
  resource.close();
}

const ways: [string, (path: string) => void][] = [
  ['replaced by another resource', (path) => replaceAt(path, NEW)],
  [
    'replaced by somebody else',
    (path) => {
      writeFileSync(`${path}.theirs`, NEW);
      renameSync(`${path}.theirs`, path);
    },
  ],
  ['removed', (path) => rmSync(path)],
  ['removed with its folder', (path) => rmSync(dirname(path), { recursive: true })],
];

describe.each(ways)('committed content whose file was %s', (_what, lose) => {
  it.each(MAPPINGS.slice(0, rounds(MAPPINGS.length, 1)))(
    'is read on by its owner, and by readers from before and after, with mapping %s',
    async (mapping) => {
      const resource = committed(OLD, { mapping });
      const early = await readerOf(resource);
      expect(await allOf(early)).toEqual(OLD);
      const { handle } = resource.createPort();
      lose(resource.path ?? '');
      const late = threadReader();
      await late.call('attach', handle, false);
      const readers = [early, ...(onLinux ? [late, await readerOf(resource)] : [])];
      for (const reader of readers) expect(await allOf(reader)).toEqual(OLD);
      expect(Buffer.from(resource.readAll())).toEqual(OLD);
      resource.close();
      for (const reader of readers) expect(await allOf(reader)).toEqual(OLD);
    },
  );

  it('gets no port where a file cannot be opened without its name: that is CHANGED', () => {
    const resource = committed(OLD, { files: elsewhere() });
    const { path = '' } = resource;
    resource.createPort();
    lose(path);
    const error = errorOf(() => resource.createPort());
    expect([error.code, error.path]).toEqual(['CHANGED', path]);
    expect(error.message).toContain(existsSync(path) ? 'is another file now' : 'was removed');
    expect(Buffer.from(resource.readAll())).toEqual(OLD);
  });
});

describe('a port of committed content', () => {
  it('reads the version of its resource, whichever it was made for, and however often the name has changed', async () => {
    const path = freshPath();
    const versions = [1, 2, 3, 4].map((seed) => pattern(3000 + seed, seed));
    const resources = versions.map((content) => {
      replaceAt(path, content);
      return openAt(path);
    });
    for (const [index, resource] of (onLinux ? resources : resources.slice(-1)).entries()) {
      const reader = await readerOf(resource);
      expect(await allOf(reader)).toEqual(onLinux ? versions[index] : versions.at(-1));
    }
  });

  it('of a replacement is read from before its first write to after the next replacement', async () => {
    const { path = '' } = committed();
    const resource = openAt(path, { mode: 'replace', checkpoint: false });
    const early = await readerOf(resource);
    expect(await allOf(early)).toHaveLength(0);
    resource.writeAt(0, NEW.subarray(0, 4000));
    const middle = await readerOf(resource, false);
    for (const reader of [early, middle]) expect(await allOf(reader)).toEqual(NEW.subarray(0, 4000));
    resource.writeAt(4000, NEW.subarray(4000));
    resource.commit();
    for (const reader of [early, middle, await readerOf(resource)]) expect(await allOf(reader)).toEqual(NEW);
    replaceAt(path, OLD);
    for (const reader of [early, middle]) expect(await allOf(reader)).toEqual(NEW);
    expect(await allOf(await readerOf(openAt(path)))).toEqual(OLD);
  });

  it('reads the right version at full speed while another process replaces the file again and again', async () => {
    const resource = openAt(freshPath(), { durable: false });
    const { path = '' } = resource;
    const SIZE = 200_000;
    resource.writeAll(pattern(SIZE));
    const flag = new Int32Array(new SharedArrayBuffer(4));
    const readers = [await readerOf(resource), await readerOf(resource, false)];
    const reading = readers.map((reader) => reader.call('readUntil', flag, SIZE));
    const other = processOwner();
    const last = 2 * rounds(50, 5);
    for (let round = 1; round <= last; round += 1) {
      await other.call('open', path, { mode: 'replace', durable: false });
      await other.call('writeAt', 0, 100 * round);
      await other.call('commit');
      await other.call('close');
      if (round === last / 2 && onLinux) reading.push((await readerOf(resource)).call('readUntil', flag, SIZE));
    }
    Atomics.store(flag, 0, 1);
    for (const found of await Promise.all(reading)) expect(found).toMatchObject({ states: ['committed'] });
  });

  it('that is attached after its owner has closed it finds no file, whatever has the number of the descriptor by then', async () => {
    const resource = committed();
    const { handle } = resource.createPort();
    rmSync(resource.path ?? '');
    resource.close();
    // No other file is taken for it, not even one with the same inode number by then.
    const { fileState } = handle.driver.data as { fileState: SharedArrayBuffer };
    expect(new SharedFileState(fileState).descriptor).toBeUndefined();
    const others = Array.from({ length: 50 }, () => fs.openSync('/dev/zero', 'r'));
    const late = threadReader();
    await late.call('attach', handle, true);
    expect((await rejectionOf(late.call('readAt', 0, 10))).code).toBe('NOT_FOUND');
    for (const descriptor of others) fs.closeSync(descriptor);
  });
});

describe('a file that has lost its name', () => {
  it('takes no space any more once its resource and its readers are closed', async () => {
    const resource = committed();
    const { path = '' } = resource;
    const early = await readerOf(resource);
    await allOf(early);
    replaceAt(path, NEW);
    const late = onLinux ? await readerOf(resource) : early;
    expect(await allOf(late)).toEqual(OLD);
    for (const reader of new Set([early, late])) await reader.call('close');
    resource.close();
    if (!onLinux) return;
    const held = readdirSync('/proc/self/fd').flatMap((name) => {
      try {
        return [readlinkSync(`/proc/self/fd/${name}`)];
      } catch {
        return [];
      }
    });
    expect(held.filter((target) => target.startsWith(path))).toEqual([]);
  });
});

describe('the descriptor that an owner has told', () => {
  const stateOf = (descriptor: number): SharedFileState => {
    const state = new SharedFileState();
    state.set(NODE_FILES.status(descriptor), 1, descriptor);
    return state;
  };

  it('is not opened again where its number is that of a pipe by now, or of another file, or closed', () => {
    const path = freshPath();
    fs.mkdirSync(dirname(path));
    writeFileSync(path, 'x');
    writeFileSync(`${path}.other`, 'y');
    execFileSync('mkfifo', [`${path}.pipe`]);
    for (const other of [`${path}.pipe`, `${path}.other`, undefined]) {
      const opened: unknown[] = [];
      const { files } = faultyFiles((call, args) => call === 'open' && opened.push(args));
      const fileSet = new FileSet(files, path);
      const descriptor = fs.openSync(path, 'r');
      const state = stateOf(descriptor);
      const held = findHeld(fileSet, state);
      expect([held?.status.size, opened.length]).toEqual(onLinux ? [1, 1] : [undefined, 0]);
      held?.close();
      fs.closeSync(descriptor);
      const { O_RDWR, O_NONBLOCK } = fs.constants;
      const reused = other === undefined ? descriptor : fs.openSync(other, O_RDWR | O_NONBLOCK);
      expect(reused).toBe(descriptor);
      opened.length = 0;
      expect([findHeld(fileSet, state), opened]).toEqual([undefined, []]);
      if (other !== undefined) fs.closeSync(descriptor);
    }
  });
});
