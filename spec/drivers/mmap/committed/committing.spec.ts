import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';

import { MmapDriver } from '../../../../lib/node.js';
import { allocated } from '../allocated.js';
import { coveredEquals, freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { errorOf } from '../../../support/code-of.js';

describe('commit', () => {
  it('gives the content its name, and leaves nothing beside it', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAt(1000, pattern(3000).subarray(1000));
    resource.writeAt(0, pattern(1000));
    expect(existsSync(path)).toBe(false);
    resource.commit();
    expect(readFileSync(path)).toEqual(pattern(3000));
    expect(namesBeside(path)).toEqual(['content']);
    resource.commit(3000);
    expect(errorOf(() => resource.commit(2999)).code).toBe('INVALID_ARGUMENT');
  });

  it('commits nothing at all as an empty file', () => {
    const path = freshPath();
    openAt(path).commit(0);
    expect(readFileSync(path)).toHaveLength(0);
    expect(openAt(path).status).toEqual({ state: 'committed', finalLength: 0 });
  });

  it('over a gap is INCOMPLETE, and changes nothing', () => {
    const path = freshPath();
    const resource = openAt(path, {}, { expectedLength: 30 });
    resource.writeAt(0, pattern(10));
    resource.writeAt(20, pattern(10));
    const error = errorOf(() => resource.commit());
    expect([error.code, error.range, error.path]).toEqual(['INCOMPLETE', { start: 10, end: 20 }, path]);
    expect(namesBeside(path)).toEqual(['content.lock', 'content.part']);
  });

  it('drops what lies past the final length, without making the file shorter that others may have mapped', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAt(0, pattern(3_000_000));
    resource.commit(2_500_000);
    expect(Buffer.compare(readFileSync(path), pattern(3_000_000).subarray(0, 2_500_000))).toBe(0);
    resource.reactivate();
    const { ino } = statSync(`${path}.part`);
    resource.commit(1_200_000);
    expect(Buffer.compare(readFileSync(path), pattern(3_000_000).subarray(0, 1_200_000))).toBe(0);
    expect(statSync(path).ino).not.toBe(ino);
    expect(namesBeside(path)).toEqual(['content']);
    expect(resource.readAll()).toHaveLength(1_200_000);
  });

  it.each<[string, (path: string) => void, (path: string) => void]>([
    [
      'the folder is taken away',
      (path) => renameSync(dirname(path), `${dirname(path)}.away`),
      (path) => renameSync(`${dirname(path)}.away`, dirname(path)),
    ],
    [
      'a folder has the name',
      (path) => {
        mkdirSync(path);
        writeFileSync(`${path}/somebody's`, '');
      },
      (path) => rmSync(path, { recursive: true }),
    ],
    [
      'the part file was replaced by a symbolic link',
      (path) => {
        renameSync(`${path}.part`, `${path}.kept`);
        symlinkSync(`${path}.kept`, `${path}.part`);
      },
      (path) => renameSync(`${path}.kept`, `${path}.part`),
    ],
  ])('that fails since %s leaves it active with every byte, and can be made again', (_what, spoil, mend) => {
    const path = freshPath();
    const resource = openAt(path, { durable: false });
    resource.writeAt(0, pattern(5000));
    spoil(path);
    const error = errorOf(() => resource.commit());
    expect([error.code, error.path]).toEqual(['IO', path]);
    expect(resource.status.state).toBe('active');
    expect(coveredEquals(resource, pattern(5000))).toBe(true);
    mend(path);
    resource.writeAt(5000, pattern(6000).subarray(5000));
    resource.commit();
    expect(readFileSync(path)).toEqual(pattern(6000));
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('made by a callback, in the middle of a write that reactivates, is told as what it is', () => {
    const resource = openAt(freshPath(), { mode: 'read-write' });
    resource.writeAll(pattern(10));
    resource.status$.subscribe(({ state }) => {
      if (state === 'active') resource.commit();
    });
    expect(errorOf(() => resource.writeAt(0, pattern(5))).code).toBe('READ_ONLY');
  });

  it('leaves files of others beside it alone', () => {
    const path = freshPath();
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(`${path}.lock`, 'of a package manager');
    writeFileSync(`${path}.identity`, 'of somebody');
    const resource = openAt(path);
    resource.writeAll(pattern(10));
    resource.discard({ committed: true });
    expect(namesBeside(path)).toEqual(['content.identity', 'content.lock']);
    expect(readFileSync(`${path}.lock`, 'utf8')).toBe('of a package manager');
  });

  it('with the folder gone for good leaves the bytes readable, and closing says that they cannot be kept', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAt(0, pattern(5000));
    rmSync(dirname(path), { recursive: true });
    expect(errorOf(() => resource.commit()).code).toBe('IO');
    expect(coveredEquals(resource, pattern(5000))).toBe(true);
    expect(errorOf(() => resource.close()).code).toBe('IO');
    expect(resource.status.state).toBe('closed');
  });
});

describe('reactivate', () => {
  it('makes the file partial again, under a claim, and another commit gives it back its name', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAll(pattern(100));
    resource.reactivate();
    expect(namesBeside(path)).toEqual(['content.lock', 'content.part', 'content.part.coverage']);
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'partial', coveredBytes: 100, claimed: true });
    resource.writeAt(50, pattern(100, 2));
    resource.commit();
    expect(readFileSync(path)).toEqual(Buffer.concat([pattern(50), pattern(100, 2)]));
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('and close keep all of it as a partial download', () => {
    const path = freshPath();
    const resource = openAt(path, { mode: 'read-write' }, { identity: '"v1"' });
    resource.writeAll(pattern(100));
    resource.writeAt(100, pattern(5, 2));
    resource.close();
    const again = openAt(path);
    expect([again.origin.from, again.coveredBytes, again.identity]).toEqual(['partial', 105, '"v1"']);
  });

  it('is CLAIMED while another resource writes the path anew', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAll(pattern(100));
    const other = openAt(path, { mode: 'read-write' });
    other.writeAt(0, pattern(10, 2));
    const error = errorOf(() => resource.reactivate());
    expect([error.code, error.path]).toEqual(['CLAIMED', path]);
    expect(resource.status.state).toBe('committed');
    expect(resource.readAt(0, new Uint8Array(100))).toBe(100);
  });

  it.each<[string, (path: string) => void]>([
    ['replaced', (path) => openAt(path, { mode: 'read-write' }).writeAll(pattern(7))],
    ['removed', (path) => MmapDriver.remove(path)],
  ])('is CHANGED once the file was %s, and what was opened stays readable', (_what, change) => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAll(pattern(100));
    change(path);
    expect(errorOf(() => resource.reactivate()).code).toBe('CHANGED');
    expect(Buffer.from(resource.readAll())).toEqual(pattern(100));
    const there = namesBeside(path);
    expect(there.filter((name) => name !== 'content')).toEqual([]);
  });

  it('of an empty file and close leave the empty file', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.commit(0);
    resource.reactivate();
    resource.close();
    expect([readFileSync(path).length, namesBeside(path)]).toEqual([0, ['content']]);
  });

  it('does not take garbage beside the file for its own', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAll(pattern(100));
    writeFileSync(`${path}.part`, 'left behind');
    writeFileSync(`${path}.part.coverage`, 'left behind');
    writeFileSync(`${path}.part.new`, 'left behind');
    resource.reactivate();
    expect(readFileSync(`${path}.part`)).toEqual(pattern(100));
    resource.commit();
    expect(namesBeside(path)).toEqual(['content']);
  });
});

describe('writeAll', () => {
  it('replaces partial and committed content by another file', () => {
    const path = freshPath();
    const resource = openAt(path, { mode: 'read-write' });
    resource.writeAt(5, pattern(10));
    resource.writeAll(pattern(2000, 2));
    expect(readFileSync(path)).toEqual(pattern(2000, 2));
    const { ino } = statSync(path);
    resource.writeAll(pattern(10, 3));
    expect(readFileSync(path)).toEqual(pattern(10, 3));
    expect(statSync(path).ino).not.toBe(ino);
    resource.writeAll(new Uint8Array(0));
    expect(readFileSync(path)).toHaveLength(0);
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('keeps the permissions of the file that it replaces, and so does a commit that shortens it', () => {
    const path = freshPath();
    const resource = openAt(path, { mode: 'read-write' });
    resource.writeAll(pattern(100));
    chmodSync(path, 0o600);
    resource.writeAll(pattern(200));
    resource.reactivate();
    resource.commit(50);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  it('over committed content never leaves the path without a file, and frees the claim', () => {
    const path = freshPath();
    const resource = openAt(path, { mode: 'read-write' });
    const states: string[] = [];
    resource.writeAll(pattern(10));
    resource.status$.subscribe(({ state }) => states.push(state));
    resource.writeAll(pattern(20, 2));
    expect(states).toEqual(['committed', 'committed']);
    expect(MmapDriver.inspect(path).claimed).toBe(false);
    expect(Buffer.from(resource.readAll())).toEqual(pattern(20, 2));
  });

  it('that fails leaves the old content, committed, and no claim', () => {
    const path = freshPath();
    const resource = openAt(path, { mode: 'read-write' });
    resource.writeAll(pattern(10));
    mkdirSync(`${path}.part.new/x`, { recursive: true });
    expect(errorOf(() => resource.writeAll(pattern(20))).code).toBe('IO');
    expect(resource.status).toEqual({ state: 'committed', finalLength: 10 });
    expect(Buffer.from(resource.readAll())).toEqual(pattern(10));
    expect(MmapDriver.inspect(path).claimed).toBe(false);
  });
});

describe('the end of a resource', () => {
  it('keeps a partial download at close, but nothing that was never written', () => {
    const path = freshPath();
    openAt(path, {}, { expectedLength: 5, identity: 'x' }).close();
    expect(namesBeside(path)).toEqual([]);
    const resource = openAt(path);
    resource.writeAt(5, pattern(5));
    resource.close();
    expect(namesBeside(path)).toEqual(['content.part', 'content.part.coverage']);
  });

  it('keeps a partial download when it is cancelled, and one that failed', () => {
    const path = freshPath();
    const abort = new AbortController();
    const resource = openAt(path, {}, { signal: abort.signal });
    resource.writeAt(0, pattern(5));
    abort.abort();
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'partial', coveredBytes: 5, claimed: false });
    const again = openAt(path);
    again.writeAt(5, pattern(10).subarray(5));
    again.fail('no network');
    expect(MmapDriver.inspect(path).claimed).toBe(true);
    again.close();
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'partial', coveredBytes: 10, claimed: false });
  });

  it('frees the claim: closed, discarded and cancelled resources have none', () => {
    const path = freshPath();
    const abort = new AbortController();
    for (const end of [
      () => openAt(path).close(),
      () => openAt(path).discard(),
      () => {
        openAt(path, {}, { signal: abort.signal });
        abort.abort();
      },
    ]) {
      end();
      expect(MmapDriver.inspect(path).claimed).toBe(false);
    }
  });

  it('by discard removes a partial download, and a committed file only if asked', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAt(0, pattern(5));
    resource.discard();
    expect(namesBeside(path)).toEqual([]);

    const committed = openAt(path, { keepIdentity: true }, { identity: 'x' });
    committed.writeAll(pattern(5));
    committed.discard();
    expect(namesBeside(path)).toEqual(['content', 'content.identity']);
    openAt(path).discard({ committed: true });
    expect(namesBeside(path)).toEqual([]);
  });

  it('by discard after a cancel removes what the cancel has kept', () => {
    const path = freshPath();
    const abort = new AbortController();
    const resource = openAt(path, {}, { signal: abort.signal });
    resource.writeAt(0, pattern(5));
    abort.abort();
    resource.discard();
    expect(namesBeside(path)).toEqual([]);
  });

  it('by discard removes nothing that another resource has put there since', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAll(pattern(5));
    const other = openAt(path, { mode: 'read-write' });
    other.writeAll(pattern(7, 2));
    resource.discard({ committed: true });
    expect(readFileSync(path)).toEqual(pattern(7, 2));

    const abort = new AbortController();
    const partial = freshPath();
    const cancelled = openAt(partial, {}, { signal: abort.signal });
    cancelled.writeAt(0, pattern(5));
    abort.abort();
    const next = openAt(partial, { resume: false });
    next.writeAt(0, pattern(9, 2));
    next.close();
    cancelled.discard();
    expect(MmapDriver.inspect(partial).coveredBytes).toBe(9);
  });

  it('by discard never removes what another resource writes by then', () => {
    const path = freshPath();
    const abort = new AbortController();
    const resource = openAt(path, {}, { signal: abort.signal });
    resource.writeAt(0, pattern(5));
    abort.abort();
    const other = openAt(path);
    expect(errorOf(() => resource.discard()).code).toBe('CLAIMED');
    expect(resource.status.state).toBe('closed');
    expect(other.coveredBytes).toBe(5);
    other.commit();
    expect(readFileSync(path)).toEqual(pattern(5));
  });
});

describe('a partial download', () => {
  it('is not taken up with resume: false, and replaced at the first write only', () => {
    const path = freshPath();
    const first = openAt(path);
    first.writeAt(0, pattern(100));
    first.close();
    const idle = openAt(path, { resume: false });
    expect(idle.origin).toEqual({ from: 'new' });
    expect(idle.coveredBytes).toBe(0);
    idle.close();
    expect(openAt(path).coveredBytes).toBe(100);
    for (const name of readdirSync(dirname(path))) expect(name).toMatch(/^content\.(lock|part|part\.coverage)$/);
  });

  it('that was not taken up is gone with the first write', () => {
    const path = freshPath();
    const first = openAt(path);
    first.writeAt(0, pattern(100));
    first.close();
    const second = openAt(path, { resume: false });
    second.writeAt(10, pattern(5, 2));
    second.close();
    const third = openAt(path);
    expect(third.coverage.toArray()).toEqual([{ start: 10, end: 15 }]);
    third.discard();
  });
});

describe('inspect and remove', () => {
  it('tell what lies there, and remove all of it', () => {
    const path = freshPath();
    expect(MmapDriver.inspect(path)).toEqual({ from: 'new', coveredBytes: 0, bytesOnDisk: 0, claimed: false });
    MmapDriver.remove(path);
    const resource = openAt(path, { keepIdentity: true }, { expectedLength: 100, identity: 'x' });
    resource.writeAt(50, pattern(10));
    resource.close();
    expect(MmapDriver.inspect(path)).toEqual({
      from: 'partial',
      coveredBytes: 10,
      bytesOnDisk: allocated(`${path}.part`),
      expectedLength: 100,
      identity: 'x',
      claimed: false,
    });
    MmapDriver.remove(path);
    expect(namesBeside(path)).toEqual([]);
    openAt(path, { keepIdentity: true }, { identity: 'x' }).writeAll(pattern(5));
    expect(MmapDriver.inspect(path)).toEqual({
      from: 'complete',
      coveredBytes: 5,
      bytesOnDisk: allocated(path),
      expectedLength: 5,
      identity: 'x',
      claimed: false,
    });
    MmapDriver.remove(path);
    expect(namesBeside(path)).toEqual([]);
  });

  it('see a claim, and remove nothing of what is claimed', () => {
    const path = freshPath();
    const resource = openAt(path);
    resource.writeAt(0, pattern(5));
    expect(MmapDriver.inspect(path)).toMatchObject({
      from: 'new',
      bytesOnDisk: allocated(`${path}.part`),
      claimed: true,
    });
    expect(errorOf(() => MmapDriver.remove(path)).code).toBe('CLAIMED');
    resource.commit();
    expect(readFileSync(path)).toEqual(pattern(5));
  });

  it('remove what a killed process leaves', () => {
    const path = freshPath();
    openAt(path, { keepIdentity: true }, { identity: 'x' }).writeAll(pattern(5));
    for (const name of ['.part', '.part.coverage', '.part.coverage.tmp', '.part.new', '.identity.tmp']) {
      writeFileSync(path + name, 'x');
    }
    writeFileSync(`${path}.lock`, '');
    MmapDriver.remove(path);
    expect(namesBeside(path)).toEqual([]);
  });

  it('say what is wrong with a path', () => {
    const path = freshPath();
    mkdirSync(path, { recursive: true });
    expect(errorOf(() => MmapDriver.inspect(path)).code).toBe('IO');
    expect(errorOf(() => MmapDriver.remove(path)).code).toBe('IO');
    expect(errorOf(() => MmapDriver.inspect('')).code).toBe('INVALID_ARGUMENT');
  });
});

describe('a driver that nobody holds any more', () => {
  it('frees its claim once it is collected', async () => {
    const path = freshPath();
    (() => {
      const driver = new MmapDriver({ path, checkpoint: false });
      driver.open(() => ({ coverage: [], expectedLength: undefined, identity: undefined }));
      driver.write(0, pattern(5));
    })();
    expect(MmapDriver.inspect(path).claimed).toBe(true);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let tries = 0; tries < 100 && MmapDriver.inspect(path).claimed; tries += 1) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(MmapDriver.inspect(path).claimed).toBe(false);
  });
});
