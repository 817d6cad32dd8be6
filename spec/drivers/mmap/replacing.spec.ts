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
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { MmapDriver, type MmapDriverOptions, type MmapResource } from '../../../lib/node.js';
import { coveredEquals, freshPath, namesBeside, openAt, pattern } from '../../support/scratch.js';
import { errorOf, rejectionOf } from '../../support/code-of.js';
import { allocated } from './allocated.js';
import { processOwner } from './elsewhere.js';
import { faultyFiles } from './faulty-files.js';

const OLD = pattern(5000, 1);
const NEW = pattern(7000, 2);
const SOME = [{ start: 1000, end: 3000 }];

/** A path with committed content. */
function committed(content: Uint8Array = OLD): string {
  const path = freshPath();
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  return path;
}

function replace(path: string, options: Partial<MmapDriverOptions> = {}): MmapResource {
  return openAt(path, { mode: 'replace', checkpoint: false, ...options }, { identity: '"new"', expectedLength: 7000 });
}

function writeSome(resource: MmapResource): void {
  resource.writeAt(1000, NEW.subarray(1000, 3000));
}

/** A path with committed content, and a part of a replacement. */
function begun(): string {
  const path = committed();
  const resource = replace(path);
  writeSome(resource);
  resource.close();
  return path;
}

/** What was begun can be continued, and is what was written. */
function expectBegun(path: string): void {
  expect(MmapDriver.inspect(path).replacement).toEqual({
    coveredBytes: 2000,
    bytesOnDisk: allocated(`${path}.next`),
    expectedLength: 7000,
    identity: '"new"',
  });
  if (!existsSync(path)) writeFileSync(path, OLD);
  const resource = replace(path);
  expect([resource.origin, resource.coverage.toArray()]).toEqual([{ from: 'partial' }, SOME]);
  expect(coveredEquals(resource, NEW)).toBe(true);
}

describe('a replacement', () => {
  it('is written beside the committed file, which stays as it is for who opens it and for who has it open', async () => {
    const path = committed();
    const before = openAt(path);
    const resource = replace(path);
    writeSome(resource);
    await resource.checkpoint();
    expect(namesBeside(path)).toEqual(['content', 'content.lock', 'content.next', 'content.next.coverage']);
    const during = openAt(path);
    const others = (['read-only', 'read-write'] as const).map((mode) => openAt(path, { mode }));
    for (const each of [before, during, ...others]) expect(Buffer.from(each.readAll())).toEqual(OLD);
    expect(readFileSync(path)).toEqual(OLD);
    expect(during.origin).toEqual({ from: 'complete' });
  });

  it('is put in place of the committed file by its commit, and nothing is left beside', () => {
    const path = committed();
    const before = openAt(path);
    const resource = replace(path);
    resource.writeAt(0, NEW);
    resource.commit();
    expect(readFileSync(path)).toEqual(NEW);
    expect(namesBeside(path)).toEqual(['content']);
    expect(Buffer.from(resource.readAll())).toEqual(NEW);
    expect(Buffer.from(openAt(path).readAll())).toEqual(NEW);
    expect(Buffer.from(before.readAll())).toEqual(OLD);
  });

  it('is continued when it is opened again, also after its process was killed', async () => {
    const path = begun();
    expectBegun(path);
    const other = committed();
    const owner = processOwner();
    expect(await owner.call('open', other, { mode: 'replace', checkpoint: false })).toBe('new');
    await owner.call('writeAt', 0, 600);
    await owner.call('checkpoint');
    await owner.call('writeAt', 600, 600);
    await owner.kill();
    const found = openAt(other, { mode: 'replace' });
    expect([found.origin.from, found.coverage.toArray()]).toEqual(['partial', [{ start: 0, end: 600 }]]);
    expect(readFileSync(other)).toEqual(OLD);
  });

  it('that nothing was written to leaves nothing, and is the whole content if that is empty', () => {
    const path = committed();
    replace(path).close();
    expect(namesBeside(path)).toEqual(['content']);
    replace(path).commit(0);
    expect([namesBeside(path), readFileSync(path)]).toEqual([['content'], Buffer.alloc(0)]);
  });

  it('may be written in one step, and committed shorter than it was written', () => {
    const path = committed();
    const first = replace(path);
    writeSome(first);
    first.writeAll(NEW);
    expect([readFileSync(path), namesBeside(path)]).toEqual([NEW, ['content']]);
    first.close();
    const second = replace(path);
    second.writeAt(0, OLD);
    second.commit(100);
    expect([readFileSync(path), namesBeside(path)]).toEqual([OLD.subarray(0, 100), ['content']]);
  });

  it('starts clean where resume is false, once something is written', () => {
    const path = begun();
    const unused = replace(path, { resume: false });
    expect(unused.origin).toEqual({ from: 'new' });
    unused.close();
    expectBegun(path);
  });

  it('is begun anew where its record is damaged, and says why', () => {
    const path = begun();
    writeFileSync(`${path}.next.coverage`, 'tidemark');
    const resource = replace(path);
    expect(resource.origin).toMatchObject({ from: 'new', refused: { reason: 'damaged' } });
    expect(resource.origin.refused?.message).toContain('content.next.coverage');
    expect(MmapDriver.inspect(path).replacement).toEqual({
      coveredBytes: 0,
      bytesOnDisk: allocated(`${path}.next`),
    });
    resource.writeAll(NEW);
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('lies beside the target of a symbolic link, and follows none that was planted in its place', () => {
    const path = committed();
    const link = freshPath('link');
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(path, link);
    const victim = committed();
    symlinkSync(victim, `${path}.next`);
    const resource = replace(link);
    resource.writeAt(0, NEW);
    expect(namesBeside(path)).toEqual(['content', 'content.lock', 'content.next']);
    resource.commit();
    expect([readlinkSync(link), readFileSync(path), readFileSync(victim)]).toEqual([path, NEW, OLD]);
  });

  it('is refused where a folder has the name, before anything is made beside it', () => {
    const path = freshPath();
    mkdirSync(path, { recursive: true });
    const opened: unknown[] = [];
    const { files } = faultyFiles((call, [name]) => call === 'open' && opened.push(name));
    const error = errorOf(() => replace(path, { files }));
    expect([error.code, error.message.includes('a folder'), opened]).toEqual(['IO', true, []]);
  });

  it('takes the name also if the committed file was removed meanwhile', () => {
    const path = committed();
    const resource = replace(path);
    resource.writeAt(0, NEW);
    rmSync(path);
    resource.commit();
    expect(readFileSync(path)).toEqual(NEW);
  });

  it('that cannot get the name stays active, and can be committed once it can', () => {
    const path = committed();
    const resource = replace(path);
    resource.writeAt(0, NEW);
    rmSync(path);
    mkdirSync(path);
    expect(errorOf(() => resource.commit()).code).toBe('IO');
    expect(resource.status.state).toBe('active');
    rmSync(path, { recursive: true });
    resource.commit();
    expect(readFileSync(path)).toEqual(NEW);
  });

  it('is as mode auto without a committed file: new, or the partial download', () => {
    const path = freshPath();
    const resource = replace(path);
    writeSome(resource);
    resource.close();
    expect(namesBeside(path)).toEqual(['content.part', 'content.part.coverage']);
    const again = replace(path);
    expect([again.origin, again.coverage.toArray()]).toEqual([{ from: 'partial' }, SOME]);
    again.writeAll(NEW);
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('is committed content like any other afterwards: read-only until it is reactivated, as <path>.part', () => {
    const path = committed();
    const resource = replace(path);
    resource.writeAt(0, NEW);
    resource.commit();
    expect(errorOf(() => resource.writeAt(0, OLD)).code).toBe('READ_ONLY');
    resource.reactivate();
    expect(namesBeside(path)).toEqual(['content.lock', 'content.part', 'content.part.coverage']);
    resource.writeAt(0, OLD);
    resource.commit();
    const both = Buffer.concat([OLD, NEW.subarray(OLD.length)]);
    expect([readFileSync(path), namesBeside(path)]).toEqual([both, ['content']]);
    resource.reactivate();
    resource.close();
    expect(openAt(path).origin.from).toBe('partial');
  });
});

describe('the permissions of a replacement', () => {
  const modeOf = (path: string): string => (statSync(path).mode & 0o777).toString(8);

  it.each([
    ['600', '600'],
    ['640', '640'],
    ['444', '644'],
  ])('are those of the committed file, %s; until the commit its owner may write, %s', (mode, meanwhile) => {
    const path = committed();
    chmodSync(path, Number.parseInt(mode, 8));
    const first = replace(path);
    writeSome(first);
    expect(modeOf(`${path}.next`)).toBe(meanwhile);
    first.close();
    const again = replace(path);
    again.writeAt(0, NEW);
    again.commit();
    expect([modeOf(path), readFileSync(path)]).toEqual([mode, NEW]);
    const shorter = replace(path);
    shorter.writeAt(0, NEW);
    shorter.commit(50);
    expect([modeOf(path), readFileSync(path)]).toEqual([mode, NEW.subarray(0, 50)]);
  });

  it('are those that the committed file has when it is replaced', () => {
    const path = committed();
    const resource = replace(path);
    resource.writeAt(0, NEW);
    chmodSync(path, 0o640);
    resource.commit();
    expect(modeOf(path)).toBe('640');
  });
});

describe('the claim of a replacement', () => {
  it('keeps away whoever else would write the path: another replacement, a reactivation, a removal', async () => {
    const path = committed();
    const before = openAt(path, { mode: 'read-write' });
    const resource = replace(path);
    const other = processOwner();
    expect((await rejectionOf(other.call('open', path, { mode: 'replace' }))).code).toBe('CLAIMED');
    for (const write of [
      () => replace(path),
      () => before.reactivate(),
      () => before.writeAt(0, NEW),
      () => before.writeAll(NEW),
      () => before.discard({ committed: true }),
      () => MmapDriver.remove(path),
    ]) {
      expect(errorOf(write).code).toBe('CLAIMED');
    }
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'complete', claimed: true });
    expect(readFileSync(path)).toEqual(OLD);
    resource.close();
    expect(await other.call('open', path, { mode: 'replace' })).toBe('new');
  });

  it('is kept away by who writes the path', () => {
    const path = committed();
    const writer = openAt(path);
    writer.reactivate();
    expect(errorOf(() => replace(path)).code).toBe('CLAIMED');
    writer.commit();
    expect(replace(path).origin.from).toBe('new');
  });

  it('is free once it is committed, and content that it has replaced cannot be written again', () => {
    const path = committed();
    const before = openAt(path);
    const resource = replace(path);
    resource.writeAt(0, NEW);
    resource.commit();
    expect(errorOf(() => before.reactivate()).code).toBe('CHANGED');
    before.discard({ committed: true });
    expect(readFileSync(path)).toEqual(NEW);
    openAt(path).reactivate();
  });
});

describe('a replacement that was begun', () => {
  const flows: [string, (path: string) => void][] = [
    [
      'a reactivation and a commit',
      (path) => {
        const resource = openAt(path);
        resource.reactivate();
        resource.writeAt(0, NEW.subarray(0, 10));
        resource.commit();
      },
    ],
    [
      'a commit that drops bytes',
      (path) => {
        const resource = openAt(path);
        resource.reactivate();
        resource.commit(100);
      },
    ],
    [
      'a reactivation that is closed, and a partial download that starts clean',
      (path) => {
        const resource = openAt(path);
        resource.reactivate();
        resource.close();
        const clean = openAt(path, { resume: false });
        clean.writeAt(0, OLD);
        clean.close();
      },
    ],
    ['writeAll over the committed file', (path) => openAt(path, { mode: 'read-write' }).writeAll(OLD)],
    ['a discard of the committed file', (path) => openAt(path).discard({ committed: true })],
    [
      'a discard of a partial download',
      (path) => {
        const resource = openAt(path);
        resource.reactivate();
        resource.discard();
      },
    ],
    ['a replacement that was opened and not written', (path) => replace(path, { resume: false }).close()],
    [
      'mode replace without a committed file',
      (path) => {
        rmSync(path);
        const resource = replace(path);
        resource.writeAt(0, OLD);
        resource.commit(OLD.length);
      },
    ],
  ];

  it.each(flows)('is left alone by %s', (_what, flow) => {
    const path = begun();
    flow(path);
    expectBegun(path);
  });

  it.each<[string, (resource: MmapResource) => void]>([
    ['committed', (resource) => resource.writeAll(NEW)],
    ['discarded', (resource) => resource.discard()],
    ['closed', (resource) => resource.close()],
  ])('leaves a partial download alone when it is %s', (_how, end) => {
    const path = freshPath();
    const partial = openAt(path);
    partial.writeAt(10, OLD.subarray(10));
    partial.close();
    writeFileSync(path, OLD);
    const resource = replace(path);
    writeSome(resource);
    end(resource);
    rmSync(path);
    const found = openAt(path);
    expect([found.origin, found.coverage.toArray()]).toEqual([{ from: 'partial' }, [{ start: 10, end: 5000 }]]);
    expect(coveredEquals(found, OLD)).toBe(true);
  });

  it.each([false, true])('is removed by its discard, and the committed file is not (committed: %p)', (all) => {
    const path = begun();
    replace(path).discard({ committed: all });
    expect([namesBeside(path), readFileSync(path)]).toEqual([['content'], OLD]);
    expect(MmapDriver.inspect(path).replacement).toBeUndefined();
  });

  it('is removed by a discard after its resource was cancelled', () => {
    const path = committed();
    const controller = new AbortController();
    const resource = openAt(path, { mode: 'replace' }, { signal: controller.signal });
    writeSome(resource);
    controller.abort();
    expect(MmapDriver.inspect(path).replacement).toMatchObject({ coveredBytes: 2000 });
    resource.discard();
    expect([namesBeside(path), readFileSync(path)]).toEqual([['content'], OLD]);
  });

  it('goes by the discard of what it has become, if that is asked', () => {
    const path = begun();
    const resource = replace(path);
    resource.writeAll(NEW);
    resource.discard({ committed: true });
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('is told by inspect beside the committed file, also while it is written and without one', () => {
    const path = begun();
    const { from, coveredBytes, claimed } = MmapDriver.inspect(path);
    expect([from, coveredBytes, claimed]).toEqual(['complete', 5000, false]);
    const resource = replace(path);
    expect(MmapDriver.inspect(path)).toMatchObject({ claimed: true, replacement: { coveredBytes: 2000 } });
    resource.close();
    rmSync(path);
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'new', replacement: { coveredBytes: 2000 } });
    expect(MmapDriver.inspect(committed())).not.toHaveProperty('replacement');
  });

  it('is removed with the committed file by MmapDriver.remove, and with what a crash has left', () => {
    const path = begun();
    for (const name of ['.next.coverage.tmp', '.next.new']) writeFileSync(path + name, 'left');
    MmapDriver.remove(path);
    expect(readdirSync(dirname(path))).toEqual([]);
    writeFileSync(`${path}.next`, 'left');
    MmapDriver.remove(path);
    expect(readdirSync(dirname(path))).toEqual([]);
  });
});

describe('the identity of a replacement', () => {
  const KEPT = { keepIdentity: true } as const;

  it('takes the place of the old one with the content, and the old resource keeps its own', () => {
    const path = freshPath();
    openAt(path, KEPT, { identity: '"old"' }).writeAll(OLD);
    const before = openAt(path, KEPT);
    const resource = replace(path, KEPT);
    resource.writeAt(0, NEW);
    expect(openAt(path, KEPT).identity).toBe('"old"');
    resource.commit();
    expect([before.identity, resource.identity, openAt(path, KEPT).identity]).toEqual(['"old"', '"new"', '"new"']);
    expect(namesBeside(path)).toEqual(['content', 'content.identity']);
  });

  it('does not become that of the old content where the new one keeps none', () => {
    const path = freshPath();
    openAt(path, KEPT, { identity: '"old"' }).writeAll(OLD);
    replace(path).writeAll(NEW);
    expect(openAt(path, KEPT).identity).toBeUndefined();
    expect(namesBeside(path)).toEqual(['content']);
  });
});
