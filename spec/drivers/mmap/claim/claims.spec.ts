import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { MmapDriver } from '../../../../lib/node.js';
import { type Elsewhere, processOwner, threadOwner } from '../elsewhere.js';
import { freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { errorOf, rejectionOf } from '../../../support/code-of.js';

const CONTENDER = fileURLToPath(new URL('../fixtures/contender.js', import.meta.url));

const elsewhere: [string, () => Elsewhere][] = [
  ['another thread', threadOwner],
  ['another process', processOwner],
];

describe('a second writer', () => {
  it('in the same thread gets CLAIMED with the path, until the first has closed', () => {
    const path = freshPath();
    const first = openAt(path);
    const error = errorOf(() => openAt(path));
    expect([error.code, error.path]).toEqual(['CLAIMED', path]);
    first.close();
    expect(openAt(path).origin.from).toBe('new');
  });

  it.each(elsewhere)('in %s gets CLAIMED with the path, and so does one here', async (_where, start) => {
    const path = freshPath();
    const here = openAt(path);
    const other = start();
    const refused = await rejectionOf(other.call('open', path));
    expect([refused.code, refused.path]).toEqual(['CLAIMED', path]);
    here.close();
    expect(await other.call('open', path)).toBe('new');
    expect(errorOf(() => openAt(path)).code).toBe('CLAIMED');
    expect(errorOf(() => MmapDriver.remove(path)).code).toBe('CLAIMED');
    expect(MmapDriver.inspect(path).claimed).toBe(true);
  });

  it('may read what the first has committed, and needs no claim for it', async () => {
    const path = freshPath();
    const other = processOwner();
    await other.call('open', path);
    await other.call('writeAt', 0, 100);
    await other.call('commit');
    const [one, two] = [openAt(path), openAt(path, { mode: 'read-only' })];
    expect([one.readAll().length, two.readAll().length]).toEqual([100, 100]);
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('by another name of the same file is a second writer', () => {
    const path = freshPath();
    openAt(path);
    const error = errorOf(() => openAt(`${dirname(path)}/../${dirname(path).split('/').at(-1) ?? ''}/content`));
    expect([error.code, error.path]).toEqual(['CLAIMED', path]);
  });

  it('is not kept away by somebody who only looks', () => {
    const path = freshPath();
    for (let i = 0; i < 50; i += 1) {
      MmapDriver.inspect(path);
      openAt(path).close();
    }
    expect(namesBeside(path)).toEqual([]);
  });
});

describe('a claim', () => {
  const ends: [string, (owner: Elsewhere) => Promise<unknown>, number][] = [
    ['is closed', (owner) => owner.call('close'), 1000],
    ['is cancelled', (owner) => owner.call('abort'), 1000],
    ['is discarded', (owner) => owner.call('discard'), 0],
    ['exits', (owner) => Promise.all([owner.call('exit'), owner.ended]), 1000],
    ['is killed, by kill -9 or terminate', (owner) => owner.kill(), 600],
    [
      'is killed in the middle of a checkpoint',
      async (owner) => {
        await owner.call('beginCheckpoint');
        await owner.kill();
      },
      -1,
    ],
  ];
  const cases = elsewhere.flatMap(([where, start]) =>
    ends.map(([how, end, kept]) => [where, how, start, end, kept] as const),
  );

  it.each(cases)('of a resource in %s that %s is free at once', async (_where, _how, start, end, kept) => {
    const path = freshPath();
    const owner = start();
    await owner.call('open', path, { checkpoint: false });
    await owner.call('writeAt', 0, 600);
    await owner.call('checkpoint');
    await owner.call('writeAt', 600, 400);
    await end(owner);
    const resource = openAt(path);
    expect(kept < 0 ? [600, 1000].includes(resource.coveredBytes) : resource.coveredBytes === kept).toBe(true);
    resource.writeAt(0, pattern(1200));
    resource.commit();
    expect(readFileSync(path)).toEqual(pattern(1200));
    expect(namesBeside(path)).toEqual(['content']);
  });

  it('is on a file of its own: the lock outlives the renames of the content', async () => {
    const path = freshPath();
    const owner = processOwner();
    await owner.call('open', path);
    await owner.call('writeAt', 0, 100);
    await owner.call('commit');
    await owner.call('reactivate');
    expect(errorOf(() => openAt(path)).code).toBe('CLAIMED');
    await owner.call('commit');
    expect(existsSync(`${path}.lock`)).toBe(false);
    const here = openAt(path, { mode: 'read-write' });
    here.writeAt(0, pattern(1));
    expect((await rejectionOf(owner.call('reactivate'))).code).toBe('CLAIMED');
  });
});

describe('two processes that take one path as fast as they can', () => {
  it('are never both owners, never write into a committed file, and leave nothing behind', async () => {
    const path = freshPath();
    openAt(path).close();
    const run = async (name: string): Promise<{ owned: number; claimed: number; committed: number }> => {
      const child = spawn(process.execPath, [CONTENDER, path, name, '400'], { stdio: ['ignore', 'pipe', 'pipe'] });
      let out = '';
      let err = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
      child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
      await new Promise((resolve) => child.on('close', resolve));
      if (err !== '') throw new Error(err);
      return JSON.parse(out) as { owned: number; claimed: number; committed: number };
    };
    const [one, two] = await Promise.all([run('a'), run('b')]);
    expect([one.owned > 0, two.owned > 0, one.committed > 0, two.committed > 0]).toEqual([true, true, true, true]);
    MmapDriver.remove(path);
    expect(namesBeside(path)).toEqual([]);
  });
});
