import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { MmapDriver, type OpenMode } from '../../../lib/node.js';
import { folder, freshPath, namesBeside, openAt, pattern } from '../../support/scratch.js';
import { errorOf } from '../../support/code-of.js';

const OUTSIDER = fileURLToPath(new URL('./fixtures/outsider.js', import.meta.url));
const MODES = ['auto', 'read-write', 'read-only', 'replace'] as const;

/** Prepares what the name says, and answers the path to open. */
const situations = {
  missing: () => freshPath(),
  empty() {
    const path = file('');
    return path;
  },
  complete: () => file('complete'),
  partial: () => partial(freshPath()),
  'partial and complete': () => {
    const path = partial(freshPath());
    writeFileSync(path, 'complete');
    return path;
  },
  'a replacement': () => replacement(file('complete')),
  'a replacement alone': () => {
    const path = replacement(file('complete'));
    rmSync(path);
    return path;
  },
  'a replacement and a partial one': () => {
    const path = replacement(file('complete'));
    rmSync(path);
    return partial(path);
  },
  'a symbolic link to a file with a replacement': () => link(replacement(file('complete'))),
  'a folder': () => {
    const path = freshPath();
    mkdirSync(path, { recursive: true });
    return path;
  },
  'a symbolic link to a complete file': () => link(file('complete')),
  'a symbolic link to a partial one': () => link(partial(freshPath())),
  'a dangling symbolic link': () => link(freshPath()),
  'a circle of symbolic links': () => {
    const path = freshPath();
    mkdirSync(dirname(path), { recursive: true });
    symlinkSync(path, path);
    return path;
  },
} satisfies Record<string, () => string>;
type Situation = keyof typeof situations;

/** What each mode makes of each; the table of docs/files.md. */
const table: Record<Situation, Record<OpenMode, string>> = {
  missing: rowOf('new', 'new', 'NOT_FOUND', 'new'),
  empty: rowOf('complete', 'complete', 'complete', 'new'),
  complete: rowOf('complete', 'complete', 'complete', 'new'),
  partial: rowOf('partial', 'partial', 'NOT_FOUND', 'partial'),
  'partial and complete': rowOf('complete', 'complete', 'complete', 'new'),
  'a replacement': rowOf('complete', 'complete', 'complete', 'replacement'),
  'a replacement alone': rowOf('new', 'new', 'NOT_FOUND', 'new'),
  'a replacement and a partial one': rowOf('partial', 'partial', 'NOT_FOUND', 'partial'),
  'a symbolic link to a file with a replacement': rowOf('complete', 'complete', 'complete', 'replacement'),
  'a folder': rowOf('IO', 'IO', 'IO', 'IO'),
  'a symbolic link to a complete file': rowOf('complete', 'complete', 'complete', 'new'),
  'a symbolic link to a partial one': rowOf('partial', 'partial', 'NOT_FOUND', 'partial'),
  'a dangling symbolic link': rowOf('new', 'new', 'NOT_FOUND', 'new'),
  'a circle of symbolic links': rowOf('IO', 'IO', 'IO', 'IO'),
};

/** What a resource has that was opened, by what the table calls it. */
const active: Record<string, unknown> = {
  new: [{ from: 'new' }, [], undefined, undefined],
  partial: [{ from: 'partial' }, [{ start: 10, end: 30 }], 100, '"v1"'],
  replacement: [{ from: 'partial' }, [{ start: 40, end: 70 }], 200, '"v2"'],
};

function rowOf(...found: string[]): Record<OpenMode, string> {
  return Object.fromEntries(MODES.map((mode, index) => [mode, found[index]])) as Record<OpenMode, string>;
}

function file(content: string): string {
  const path = freshPath();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function partial(path: string): string {
  const resource = openAt(path, {}, { expectedLength: 100, identity: '"v1"' });
  resource.writeAt(10, pattern(20));
  resource.close();
  return path;
}

/** Begins to replace the complete file at `path`. */
function replacement(path: string): string {
  const resource = openAt(path, { mode: 'replace' }, { expectedLength: 200, identity: '"v2"' });
  resource.writeAt(40, pattern(30));
  resource.close();
  return path;
}

function link(target: string): string {
  const path = freshPath('link');
  mkdirSync(dirname(path), { recursive: true });
  // Relative, so that it is resolved from where the link is.
  symlinkSync(relative(dirname(path), target), path);
  return path;
}

describe('opening', () => {
  const cases = Object.entries(table).flatMap(([situation, row]) =>
    MODES.map((mode) => [situation as Situation, mode, row[mode]] as const),
  );
  const isCode = (found: string): boolean => found === found.toUpperCase();

  it.each(cases.filter(([, , found]) => isCode(found)))('what is %s in mode %s throws %s', (situation, mode, code) => {
    const error = errorOf(() => openAt(situations[situation](), { mode }));
    expect([error.code, typeof error.path]).toEqual([code, 'string']);
  });

  it.each(cases.filter(([, , found]) => found === 'complete'))(
    'what is %s in mode %s finds it %s',
    (situation, mode) => {
      const resource = openAt(situations[situation](), { mode });
      const content = situation === 'empty' ? '' : 'complete';
      expect(resource.origin).toEqual({ from: 'complete' });
      expect(resource.status).toEqual({ state: 'committed', finalLength: content.length });
      expect(Buffer.from(resource.readAll()).toString()).toBe(content);
    },
  );

  it.each(cases.filter(([, , found]) => !isCode(found) && found !== 'complete'))(
    'what is %s in mode %s finds it %s',
    (situation, mode, found) => {
      const resource = openAt(situations[situation](), { mode });
      const { origin, status, coverage, expectedLength, identity } = resource;
      expect([origin, coverage.toArray(), expectedLength, identity]).toEqual(active[found]);
      expect(status.state).toBe('active');
    },
  );

  it('resolves the path once, at open: what it says then is absolute and free of links', () => {
    const target = freshPath();
    const path = link(target);
    const before = process.cwd();
    process.chdir(dirname(path));
    try {
      const driver = new MmapDriver({ path: 'link' });
      expect(driver.path).toBe('link');
    } finally {
      process.chdir(before);
    }
    const resource = openAt(path);
    expect([resource.path, resource.driver.path]).toEqual([target, target]);
    resource.writeAt(0, pattern(5));
    resource.commit();
    expect(readFileSync(target)).toEqual(pattern(5));
    expect(readlinkSync(path)).toBe(relative(dirname(path), target));
    expect([namesBeside(path), namesBeside(target)]).toEqual([['link'], ['content']]);
  });

  it('follows a relative link from the folder that it is in, wherever the way there leads', () => {
    const base = dirname(freshPath());
    mkdirSync(join(base, 'real', 'deep'), { recursive: true });
    writeFileSync(join(base, 'real', 'content'), 'complete');
    symlinkSync('../content', join(base, 'real', 'deep', 'link'));
    symlinkSync('real/deep', join(base, 'alias'));
    const resource = openAt(join(base, 'alias', 'link'));
    expect([resource.origin.from, resource.path]).toEqual(['complete', join(base, 'real', 'content')]);
  });

  it('refuses a name that leaves no room for those beside it, before anything is written', () => {
    const error = errorOf(() => openAt(freshPath('x'.repeat(240))));
    expect([error.code, error.message.includes('shorter name')]).toEqual(['IO', true]);
    expect(openAt(freshPath('x'.repeat(237))).origin.from).toBe('new');
  });

  it('makes parent folders where a new file may be written, and none to read', () => {
    const path = join(freshPath(), 'deep', 'down', 'content');
    expect(errorOf(() => openAt(path, { mode: 'read-only' })).code).toBe('NOT_FOUND');
    expect(existsSync(dirname(path))).toBe(false);
    openAt(path);
    expect(existsSync(dirname(path))).toBe(true);
  });

  it('refuses a parent that is a file', () => {
    const path = join(file('x'), 'content');
    for (const mode of MODES) expect(errorOf(() => openAt(path, { mode })).code).toBe('IO');
  });

  it('gives new files the permissions that Node itself would give them', () => {
    const path = freshPath();
    const before = process.umask(0o027);
    try {
      const resource = openAt(path);
      resource.writeAt(0, pattern(5));
      resource.commit();
    } finally {
      process.umask(before);
    }
    expect((statSync(path).mode & 0o777).toString(8)).toBe('640');
  });

  it('allows reading alone in mode read-only: writing and reactivating are READ_ONLY, and nothing appears beside the file', () => {
    const path = file('complete');
    const resource = openAt(path, { mode: 'read-only' });
    for (const write of [
      () => resource.writeAt(0, pattern(1)),
      () => resource.writeAll(pattern(1)),
      () => resource.reactivate(),
      () => resource.discard({ committed: true }),
    ]) {
      expect(errorOf(write).code).toBe('READ_ONLY');
    }
    expect(namesBeside(path)).toEqual(['content']);
    expect(readFileSync(path, 'utf8')).toBe('complete');
  });

  it('makes a write to committed content READ_ONLY in mode auto, and reactivate it in mode read-write', () => {
    const path = file('complete');
    const auto = openAt(path);
    expect(errorOf(() => auto.writeAt(0, pattern(1))).code).toBe('READ_ONLY');
    auto.close();

    const writable = openAt(path, { mode: 'read-write' });
    const states: string[] = [];
    writable.status$.subscribe(({ state }) => states.push(state));
    writable.writeAt(0, new Uint8Array(0));
    expect(states).toEqual(['committed']);
    writable.writeAt(8, Buffer.from('ly'));
    expect(states).toEqual(['committed', 'active']);
    expect(existsSync(path)).toBe(false);
    writable.commit();
    expect(readFileSync(path, 'utf8')).toBe('completely');
  });
});

describe('without permission,', () => {
  /** Opens as a user who owns nothing here; answers the code of the error, or what was found. */
  function asOutsider(path: string, mode: OpenMode): string {
    chmodSync(folder, 0o755);
    const { stdout, stderr } = spawnSync(process.execPath, [OUTSIDER, path, mode], { encoding: 'utf8' });
    return stdout.trim() || stderr;
  }

  // Root may do everything, and nobody else may become somebody else.
  const isRoot = process.getuid?.() === 0;

  it.each([
    ['a file that must not be read, in a folder that may be written', 0o777, 0o600, 'IO IO IO new'],
    ['a file that must not be read, nor its folder written', 0o755, 0o600, 'IO IO IO IO'],
    ['a file that may be read, in a folder that must not be written', 0o755, 0o644, 'complete complete complete IO'],
  ])('%s is found as its permissions say', (_what, folderMode, fileMode, expected) => {
    const path = file('complete');
    chmodSync(dirname(path), folderMode);
    chmodSync(path, fileMode);
    const found = MODES.map((mode, index) => (isRoot ? asOutsider(path, mode) : expected.split(' ')[index]));
    expect(found.join(' ')).toBe(expected);
  });

  it.each([
    ['a new file in a folder that must not be written', 0o755, 'IO IO NOT_FOUND IO'],
    ['a folder that must not be entered', 0o700, 'IO IO IO IO'],
  ])('%s is refused in each mode, and nothing appears', (_what, folderMode, expected) => {
    const path = freshPath();
    mkdirSync(dirname(path), { recursive: true });
    chmodSync(dirname(path), folderMode);
    const found = MODES.map((mode, index) => (isRoot ? asOutsider(path, mode) : expected.split(' ')[index]));
    expect(found.join(' ')).toBe(expected);
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});
