import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

import { xorDriver } from '../../../examples/custom-driver/xor-driver.js';
import { MmapDriver as BuiltMmapDriver } from 'tidemark/node';
import { MmapDriver, type MmapDriverOptions } from '../../../lib/node.js';
import { driverConformance } from '../../../lib/testing.js';
import { MAPPINGS } from './mappings.js';
import { freshPath } from '../../support/scratch.js';
import { errorOf } from '../../support/code-of.js';

const made: string[] = [];
const newPath = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-conformance-'));
  made.push(folder);
  return join(folder, 'content');
};
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
});

for (const mapping of MAPPINGS) {
  for (const mode of ['auto', 'read-write'] as const) {
    driverConformance<MmapDriver>(
      { describe, it },
      {
        name: `MmapDriver, ${mapping}, ${mode}`,
        create: () => new MmapDriver({ path: newPath(), mapping, mode }),
        reopen: (previous) => new MmapDriver({ path: previous.path, mapping, mode }),
        dispose: (driver) => {
          driver.close(false);
          rmSync(dirname(driver.path), { recursive: true, force: true });
        },
      },
    );
  }
}
driverConformance<MmapDriver>(
  { describe, it },
  {
    name: 'MmapDriver, replace, beside a committed file',
    create: () => {
      const path = newPath();
      writeFileSync(path, 'old');
      return new MmapDriver({ path, mode: 'replace' });
    },
    reopen: ({ path }) => new MmapDriver({ path, mode: existsSync(`${path}.next`) ? 'replace' : 'auto' }),
  },
);
driverConformance(
  { describe, it },
  {
    name: 'xorDriver around MmapDriver',
    create: () => xorDriver(new BuiltMmapDriver({ path: newPath() }), 42),
    reopen: (previous) => xorDriver(new BuiltMmapDriver({ path: previous.path ?? '' }), 42),
  },
);

describe('MmapDriver', () => {
  it.each<[string, Partial<MmapDriverOptions>]>([
    ['an empty path', { path: '' }],
    ['a path with a NUL in it', { path: 'a\0b' }],
    ['a mode that there is not', { mode: 'append' as never }],
    ['a mapping that there is not', { mapping: 'mmap' as never }],
    ['a checkpoint after no bytes', { checkpoint: { bytes: 0 } }],
    ['a checkpoint after negative time', { checkpoint: { ms: -1 } }],
    ['a checkpoint after NaN bytes', { checkpoint: { bytes: NaN } }],
    ['a checkpoint after a word', { checkpoint: { bytes: 'many' as never } }],
  ])('refuses %s with INVALID_ARGUMENT', (_what, options) => {
    expect(errorOf(() => new MmapDriver({ path: freshPath(), ...options })).code).toBe('INVALID_ARGUMENT');
  });

  it.each<[string, Partial<MmapDriverOptions>]>([
    ['a path that is no string', { path: 5 as never }],
    ['a resume that is no boolean', { resume: 'yes' as never }],
    ['a durable that is no boolean', { durable: 1 as never }],
    ['a checkpoint that is true', { checkpoint: true as never }],
  ])('refuses %s with a TypeError', (_what, options) => {
    // By name: jest has error classes of its own.
    expect(() => new MmapDriver({ path: freshPath(), ...options })).toThrow(
      expect.objectContaining({ name: 'TypeError' }),
    );
  });

  it('takes every option as undefined', () => {
    const driver = new MmapDriver({
      path: freshPath(),
      mode: undefined,
      resume: undefined,
      checkpoint: undefined,
      durable: undefined,
      keepIdentity: undefined,
      mapping: undefined,
    });
    expect(driver.capabilities).toMatchObject({ rewrites: true, share: true, reactivates: false });
  });

  it('says which mapping is in use, and has no views without one', () => {
    const off = new MmapDriver({ path: freshPath(), mapping: 'off' });
    expect([off.mapping, off.capabilities.view]).toEqual(['off', false]);
    const auto = new MmapDriver({ path: freshPath() });
    expect(auto.mapping).toBe(MAPPINGS[0]);
    expect(auto.capabilities.view).toBe(auto.mapping !== 'off');
  });
});
