import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { MmapDriver } from '../../../../lib/node.js';
import { folder, freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { errorOf } from '../../../support/code-of.js';

const OPEN_AND_REPORT = fileURLToPath(new URL('../fixtures/open-and-report.js', import.meta.url));

/** Runs the fixture in a folder, which a shell names: its name may be none that a string can be. */
function openAndReport(shellFolder: string, path: string, ...more: string[]): string {
  const { stdout, stderr } = spawnSync(
    'sh',
    ['-c', `cd "${shellFolder}" && shift 0 && exec "$0" "$@"`, process.execPath, OPEN_AND_REPORT, path, ...more],
    { encoding: 'utf8' },
  );
  return stdout.trim() || stderr;
}

describe('a path with .. behind a symbolic link', () => {
  /** `alias` leads to `real/deep`; what is called content lies in `real` and beside `alias`. */
  function scene(): { base: string; path: string } {
    const base = dirname(freshPath());
    mkdirSync(join(base, 'real', 'deep'), { recursive: true });
    symlinkSync('real/deep', join(base, 'alias'));
    writeFileSync(join(base, 'real', 'content'), 'the one');
    writeFileSync(join(base, 'content'), 'an unrelated one');
    return { base, path: `${base}/alias/../content` };
  }

  it('is opened where the system opens it', () => {
    const { base, path } = scene();
    expect(readFileSync(path, 'utf8')).toBe('the one');
    const resource = openAt(path);
    expect([Buffer.from(resource.readAll()).toString(), resource.path]).toEqual([
      'the one',
      join(base, 'real', 'content'),
    ]);
  });

  it('is inspected and removed there, and nothing else is', () => {
    const { base, path } = scene();
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'complete', coveredBytes: 'the one'.length });
    MmapDriver.remove(path);
    expect(existsSync(join(base, 'real', 'content'))).toBe(false);
    expect(readFileSync(join(base, 'content'), 'utf8')).toBe('an unrelated one');
  });

  it('is written there, in folders that are made where they are missing', () => {
    const { base } = scene();
    const resource = openAt(`${base}/alias/../new/content`);
    resource.writeAt(0, pattern(5));
    resource.commit();
    expect(readFileSync(join(base, 'real', 'new', 'content'))).toEqual(pattern(5));
  });

  it('as the text of another symbolic link leads there, too', () => {
    const { base } = scene();
    symlinkSync('alias/../content', join(base, 'link'));
    expect(openAt(join(base, 'link')).path).toBe(join(base, 'real', 'content'));
    expect(MmapDriver.inspect(join(base, 'link')).coveredBytes).toBe('the one'.length);
  });

  it('seen from the current folder leads there, too', () => {
    const { base } = scene();
    const before = process.cwd();
    process.chdir(base);
    try {
      expect(openAt('alias/../content').path).toBe(join(base, 'real', 'content'));
      expect(openAt('./alias/./../content').path).toBe(join(base, 'real', 'content'));
    } finally {
      process.chdir(before);
    }
  });

  it('names a folder where it ends so, and that is IO', () => {
    const { base } = scene();
    for (const path of [`${base}/alias/..`, `${base}/alias/.`, `${base}/alias/`]) {
      expect(errorOf(() => openAt(path)).code).toBe('IO');
      expect(errorOf(() => MmapDriver.remove(path)).code).toBe('IO');
    }
    expect(namesBeside(join(base, 'content'))).toEqual(['alias', 'content', 'real']);
  });
});

describe('a current folder', () => {
  it('whose name is not UTF-8 is IO for a relative path, and no other folder is made', () => {
    const base = dirname(freshPath());
    mkdirSync(base, { recursive: true });
    const latin1 = Buffer.concat([Buffer.from(`${base}/`), Buffer.from('café', 'latin1')]);
    const shellFolder = `${base}/$(printf 'caf\\351')`;
    mkdirSync(latin1);
    const names = namesBeside(join(base, 'x'));
    const found = openAndReport(shellFolder, 'sub/content');
    expect(found).toMatch(/^IO .*not UTF-8/);
    expect(namesBeside(join(base, 'x'))).toEqual(names);
    // Not by a symbolic link either.
    symlinkSync(latin1, join(base, 'link'));
    expect(errorOf(() => openAt(join(base, 'link', 'content'))).code).toBe('IO');
    expect(namesBeside(join(base, 'x')).sort()).toEqual([...names, 'link'].sort());
    expect(openAndReport(shellFolder, `${base}/content`)).toBe('CLAIMED partial 200 complete v1');
  });

  it('that was removed is IO for a relative path', () => {
    const base = dirname(freshPath());
    mkdirSync(base, { recursive: true });
    const before = process.cwd();
    process.chdir(base);
    try {
      rmSync(base, { recursive: true });
      const error = errorOf(() => openAt('content'));
      expect([error.code, error.message.includes('content')]).toEqual(['IO', true]);
    } finally {
      process.chdir(before);
    }
  });
});

describe('a name that leaves no room for those beside it', () => {
  it.each([238, 245, 250, 251, 255])('of %d bytes is opened as complete, inspected and removed', (length) => {
    const path = freshPath('x'.repeat(length));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, 'complete');
    const resource = openAt(path, { keepIdentity: true });
    expect(Buffer.from(resource.readAll()).toString()).toBe('complete');
    resource.discard();
    resource.close();
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'complete', coveredBytes: 8, claimed: false });
    MmapDriver.remove(path);
    expect(namesBeside(path)).toEqual([]);
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'new', bytesOnDisk: 0, claimed: false });
    MmapDriver.remove(path);
  });

  it.each([238, 250, 251])(
    'of %d bytes is not written, again or for the first time, and the file stays as it is',
    (length) => {
      const path = freshPath('x'.repeat(length));
      mkdirSync(dirname(path), { recursive: true });
      expect(errorOf(() => openAt(path)).message).toContain('shorter name');
      writeFileSync(path, 'complete');
      const resource = openAt(path, { mode: 'read-write' });
      const error = errorOf(() => resource.reactivate());
      expect([error.code, error.message.includes('shorter name')]).toEqual(['IO', true]);
      expect([resource.status.state, readFileSync(path, 'utf8')]).toEqual(['committed', 'complete']);
      resource.discard({ committed: true });
      expect(namesBeside(path)).toEqual([]);
    },
  );

  it('of more than 255 bytes is IO whatever is asked', () => {
    const path = freshPath('x'.repeat(256));
    mkdirSync(dirname(path), { recursive: true });
    for (const ask of [() => openAt(path), () => MmapDriver.inspect(path), () => MmapDriver.remove(path)]) {
      expect(errorOf(ask).code).toBe('IO');
    }
  });
});

describe('a user with few permissions', () => {
  const NOBODY = 65_534;
  // Root may do everything, and nobody else may become somebody else.
  const isRoot = process.getuid?.() === 0;
  const user = isRoot ? [String(NOBODY)] : [];

  function ownFolder(mode: number): string {
    const path = freshPath();
    mkdirSync(dirname(path), { recursive: true });
    if (isRoot) chownSync(dirname(path), NOBODY, NOBODY);
    chmodSync(folder, 0o755);
    chmodSync(dirname(path), mode);
    return path;
  }

  it('in a folder that may be written and not read (0333) downloads and takes up', () => {
    const path = ownFolder(0o333);
    expect(openAndReport('/', path, ...user)).toBe('CLAIMED partial 200 complete v1');
    chmodSync(dirname(path), 0o755);
    expect(readFileSync(path)).toHaveLength(200);
  });

  it.each(['277', '377', '222'])(
    'whose umask (%s) denies writing to the owner, too, takes up what it has begun',
    (umask) => {
      const path = ownFolder(0o755);
      const uid = isRoot ? NOBODY : (process.getuid?.() ?? 0);
      expect(openAndReport('/', path, String(uid), umask)).toBe('CLAIMED partial 200 complete v1');
      expect(statSync(path).mode & 0o777).toBe(0o666 & ~Number.parseInt(umask, 8));
    },
  );
});
