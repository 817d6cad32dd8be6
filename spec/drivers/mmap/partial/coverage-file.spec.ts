import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

import { type FileSystem, NODE_FILES } from '../../../../lib/drivers/mmap/files/file-system.js';
import { MmapDriver } from '../../../../lib/node.js';
import { LONGEST_RECORD } from '../../../../lib/record/record-codec.js';
import { sealed } from '../../../support/sealed.js';
import { freshPath, namesBeside, openAt, pattern } from '../../../support/scratch.js';
import { errorOf } from '../../../support/code-of.js';

/** A path with a partial download of [10, 30), and its coverage file. */
function partial(): { path: string; coverage: string } {
  const path = freshPath();
  const resource = openAt(path, {}, { expectedLength: 100, identity: '"v1"' });
  resource.writeAt(10, pattern(20));
  resource.close();
  return { path, coverage: `${path}.part.coverage` };
}

describe('a coverage file', () => {
  const spoilt: [string, (coverage: string, path: string) => void, string, number][] = [
    ['that is cut short', (coverage) => truncateSync(coverage, 50), 'damaged', 0],
    ['that is empty', (coverage) => truncateSync(coverage, 0), 'format', 0],
    ['of somebody else', (coverage) => writeFileSync(coverage, 'WEBVTT - some other format altogether'), 'format', 0],
    [
      'of a newer version',
      (coverage) =>
        writeFileSync(
          coverage,
          sealed((bytes) => bytes.writeUInt32LE(7, 8)),
        ),
      'format',
      0,
    ],
    [
      'that claims more than the data holds',
      (_coverage, path) => truncateSync(`${path}.part`, 29),
      'longer-than-data',
      20,
    ],
    [
      'that is a folder',
      (coverage) => {
        rmSync(coverage);
        mkdirSync(coverage);
      },
      'damaged',
      0,
    ],
    [
      'that is a symbolic link to a good one',
      (coverage) => {
        writeFileSync(`${coverage}.elsewhere`, readFileSync(coverage));
        rmSync(coverage);
        symlinkSync(`${coverage}.elsewhere`, coverage);
      },
      'damaged',
      0,
    ],
    [
      'beside a part file that is a symbolic link',
      (_coverage, path) => {
        writeFileSync(`${path}.elsewhere`, readFileSync(`${path}.part`));
        rmSync(`${path}.part`);
        symlinkSync(`${path}.elsewhere`, `${path}.part`);
      },
      'damaged',
      20,
    ],
    [
      'beside a part file that is a folder',
      (_coverage, path) => {
        rmSync(`${path}.part`);
        mkdirSync(`${path}.part`);
      },
      'damaged',
      20,
    ],
  ];

  it.each(spoilt)('%s has the partial refused, and nothing removed', (_what, spoil, reason, coveredBytes) => {
    const { path, coverage } = partial();
    spoil(coverage, path);
    const before = namesBeside(path);
    const resource = openAt(path, {}, { expectedLength: 7 });
    expect(resource.origin).toEqual({
      from: 'new',
      refused: { reason, coveredBytes, message: expect.stringContaining(path) as unknown },
    });
    expect([resource.coveredBytes, resource.expectedLength, resource.identity]).toEqual([0, 7, undefined]);
    resource.close();
    expect(namesBeside(path)).toEqual(before);
  });

  it.each(spoilt.filter(([what]) => !what.endsWith('a folder')))(
    '%s has the first write start clean, and follow no link',
    (_what, spoil) => {
      const { path, coverage } = partial();
      spoil(coverage, path);
      const elsewhere = [`${path}.elsewhere`, `${coverage}.elsewhere`].filter((name) => existsSync(name));
      const kept = elsewhere.map((name) => readFileSync(name));
      const resource = openAt(path);
      resource.writeAt(0, pattern(5, 3));
      resource.close();
      const again = openAt(path);
      expect(again.origin).toEqual({ from: 'partial' });
      expect(again.coverage.toArray()).toEqual([{ start: 0, end: 5 }]);
      again.commit();
      expect(readFileSync(path)).toEqual(pattern(5, 3));
      expect(elsewhere.map((name) => readFileSync(name))).toEqual(kept);
    },
  );

  it.each(spoilt.filter(([what]) => what.endsWith('a folder')))(
    '%s has a write say what is in the way, and work once that is gone',
    (_what, spoil) => {
      const { path, coverage } = partial();
      spoil(coverage, path);
      const resource = openAt(path);
      const error = errorOf(() => resource.writeAt(0, pattern(5)));
      expect([error.code, error.path]).toEqual(['IO', path]);
      expect(error.message).toContain('.part');
      rmSync(coverage, { recursive: true, force: true });
      rmSync(`${path}.part`, { recursive: true, force: true });
      resource.writeAt(0, pattern(5));
      resource.commit();
      expect(readFileSync(path)).toEqual(pattern(5));
    },
  );

  it('left over beside no part file is garbage', () => {
    const { path } = partial();
    rmSync(`${path}.part`);
    const resource = openAt(path);
    expect(resource.origin).toEqual({ from: 'new' });
    resource.writeAt(10, pattern(20, 2));
    // Had it survived, it would speak of these bytes now.
    expect(namesBeside(path)).toEqual(['content.lock', 'content.part']);
  });

  it('left over beside a part file that somebody else has begun anew never outlives the first write', () => {
    const { path, coverage } = partial();
    const old = readFileSync(coverage);
    const resource = openAt(path, { resume: false, checkpoint: false });
    resource.writeAt(0, pattern(1));
    expect(existsSync(coverage)).toBe(false);
    resource.close();
    expect(readFileSync(coverage).equals(old)).toBe(false);
  });

  const victimOf = (path: string, name: string): string => {
    const victim = `${path}.victim`;
    openAt(path).close();
    writeFileSync(victim, 'precious');
    symlinkSync(victim, path + name);
    return victim;
  };

  it.each(['.part', '.part.coverage.tmp', '.part.new'])('has no planted link beside it followed: one at %s', (name) => {
    const path = freshPath();
    const victim = victimOf(path, name);
    const resource = openAt(path);
    resource.writeAt(0, pattern(50_000));
    resource.close();
    openAt(path).commit(20_000);
    expect(readFileSync(path)).toEqual(pattern(50_000).subarray(0, 20_000));
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('has no planted link beside it followed, and one at .lock is refused', () => {
    const path = freshPath();
    const victim = victimOf(path, '.lock');
    const error = errorOf(() => openAt(path));
    expect([error.code, error.message.includes('symbolic link')]).toEqual(['IO', true]);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('that is longer than any record is refused without being read, and nothing is removed', () => {
    const { path, coverage } = partial();
    truncateSync(coverage, 256 * 2 ** 20);
    const before = namesBeside(path);
    const read: number[] = [];
    const files: FileSystem = {
      ...NODE_FILES,
      read: (descriptor, target, from, length, position) => {
        read.push(length);
        return NODE_FILES.read(descriptor, target, from, length, position);
      },
    };
    const resource = openAt(path, { files });
    expect(resource.origin.refused).toMatchObject({
      reason: 'format',
      message: expect.stringContaining(String(LONGEST_RECORD)) as unknown,
    });
    expect(read).toEqual([]);
    expect(MmapDriver.inspect(path).from).toBe('new');
    resource.close();
    expect(namesBeside(path)).toEqual(before);
  });
});
