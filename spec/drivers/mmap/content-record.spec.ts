import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { decodeRecord, encodeRecord } from '../../../lib/drivers/mmap/content-record.js';
import { errorOf, freshPath, namesBeside, openAt, pattern } from './scratch.js';

const FUZZ_RUNS = Number(process.env.FUZZ_RUNS ?? 100);

const record = { coverage: [{ start: 10, end: 30 }], expectedLength: 100, identity: '"v1"' };

/** Puts the right digest behind a changed content. */
function sealed(change: (bytes: Buffer) => void): Buffer {
  const bytes = encodeRecord(record);
  change(bytes);
  const end = bytes.length - 32;
  createHash('sha256').update(bytes.subarray(0, end)).digest().copy(bytes, end);
  return bytes;
}

/** A path with a partial download of [10, 30), and its coverage file. */
function partial(): { path: string; coverage: string } {
  const path = freshPath();
  const resource = openAt(path, {}, { expectedLength: 100, identity: '"v1"' });
  resource.writeAt(10, pattern(20));
  resource.close();
  return { path, coverage: `${path}.part.coverage` };
}

describe('a content record', () => {
  it('is read back as it was written', () => {
    const bound = fc.maxSafeNat();
    const given = fc.record({
      bounds: fc.uniqueArray(bound, { maxLength: 40 }),
      expectedLength: fc.option(bound, { nil: undefined }),
      identity: fc.option(fc.string({ unit: 'binary' }), { nil: undefined }),
      modified: fc.double({ noNaN: true }),
    });
    fc.assert(
      fc.property(given, ({ bounds, expectedLength, identity, modified }) => {
        const sorted = bounds.sort((one, other) => one - other);
        const coverage = Array.from({ length: sorted.length >> 1 }, (_, index) => ({
          start: sorted[2 * index] ?? 0,
          end: sorted[2 * index + 1] ?? 0,
        }));
        const read = decodeRecord(encodeRecord({ coverage, expectedLength, identity }, modified));
        expect(read).toEqual({
          coverage,
          expectedLength,
          identity,
          modified,
          coveredBytes: coverage.reduce((sum, { start, end }) => sum + (end - start), 0),
          coveredEnd: coverage.at(-1)?.end ?? 0,
          digest: expect.any(Buffer) as unknown,
        });
      }),
      { numRuns: 5 * FUZZ_RUNS },
    );
  });

  it('is not believed when it is cut at any length', () => {
    const whole = encodeRecord(record);
    for (let length = 0; length < whole.length; length += 1) {
      expect(decodeRecord(whole.subarray(0, length))).toMatchObject({ reason: length < 8 ? 'format' : 'damaged' });
    }
    expect(decodeRecord(Buffer.concat([whole, Buffer.alloc(1)]))).toMatchObject({ reason: 'damaged' });
  });

  it('is not believed when any bit of it is flipped', () => {
    const whole = encodeRecord(record);
    for (let bit = 0; bit < whole.length * 8; bit += 1) {
      const flipped = Buffer.from(whole);
      flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeRecord(flipped)).toMatchObject({ reason: bit < 64 ? 'format' : 'damaged' });
    }
  });

  it.each<[string, (bytes: Buffer) => void, string]>([
    ['of a newer version', (bytes) => bytes.writeUInt32LE(2, 8), 'format'],
    ['with more ranges than it has', (bytes) => bytes.writeUInt32LE(2, 36), 'damaged'],
    ['with a range that ends before it starts', (bytes) => bytes.writeDoubleLE(40, 48), 'damaged'],
    ['with an empty range', (bytes) => bytes.writeDoubleLE(30, 48), 'damaged'],
    ['with an offset that is none', (bytes) => bytes.writeDoubleLE(0.5, 48), 'damaged'],
    ['with an offset past 2^53-1', (bytes) => bytes.writeDoubleLE(2 ** 53, 56), 'damaged'],
    ['with an expected length that is none', (bytes) => bytes.writeDoubleLE(-1, 16), 'damaged'],
  ])('%s is not believed, though its digest is right', (_what, change, reason) => {
    expect(decodeRecord(sealed(change))).toMatchObject({ reason });
  });
});

describe('a coverage file', () => {
  const spoilt: [string, (coverage: string, path: string) => void, string, number][] = [
    ['cut short', (coverage) => truncateSync(coverage, 50), 'damaged', 0],
    ['empty', (coverage) => truncateSync(coverage, 0), 'format', 0],
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
      'claiming more than the data holds',
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

  it.each(spoilt)('%s: the partial is refused, and nothing is removed', (_what, spoil, reason, coveredBytes) => {
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
    '%s: the first write starts clean, and follows no link',
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
    '%s: a write says what is in the way, and works once it is gone',
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

  it.each(['.part', '.part.coverage.tmp', '.part.new'])('a planted link at %s is never followed', (name) => {
    const path = freshPath();
    const victim = victimOf(path, name);
    const resource = openAt(path);
    resource.writeAt(0, pattern(50_000));
    resource.close();
    openAt(path).commit(20_000);
    expect(readFileSync(path)).toEqual(pattern(50_000).subarray(0, 20_000));
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('a planted link at .lock is never followed', () => {
    const path = freshPath();
    const victim = victimOf(path, '.lock');
    const error = errorOf(() => openAt(path));
    expect([error.code, error.message.includes('symbolic link')]).toEqual(['IO', true]);
    expect(readFileSync(victim, 'utf8')).toBe('precious');
  });

  it('of a million ranges is read back', () => {
    const coverage = Array.from({ length: 1_000_000 }, (_, index) => ({ start: index * 3, end: index * 3 + 1 }));
    const read = decodeRecord(encodeRecord({ ...record, coverage }));
    expect('reason' in read ? read : read.coveredBytes).toBe(1_000_000);
  });
});
