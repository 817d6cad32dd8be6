import { runInNewContext } from 'node:vm';

import { describe, expect, it, jest } from '@jest/globals';

import { isStorageError, StorageError } from '../../lib/index.js';
import { content, inUse } from './fixtures.js';

describe('isStorageError', () => {
  it('knows the errors of a second copy of the library, and the other way round', async () => {
    jest.resetModules();
    const copy = await import('../../lib/errors/storage-error.js');
    expect(copy.StorageError).not.toBe(StorageError);
    const theirs = new copy.StorageError('IO', 'why');
    expect(theirs).not.toBeInstanceOf(StorageError);
    expect(isStorageError(theirs, 'IO')).toBe(true);
    expect(copy.isStorageError(new StorageError('IO', 'why'), 'IO')).toBe(true);
  });

  it('knows the errors of another realm', () => {
    const source = `class E extends Error { code = 'IO'; [Symbol.for('tidemark.StorageError')] = true; } new E('why')`;
    const theirs: unknown = runInNewContext(source);
    expect(theirs).not.toBeInstanceOf(Error);
    expect(isStorageError(theirs, 'IO')).toBe(true);
    expect(isStorageError(theirs, 'HTTP')).toBe(false);
  });
});

describe('an array', () => {
  it.each<[string, (bytes: number[]) => Uint8Array]>([
    ['that is a Buffer', (bytes) => Buffer.from(bytes)],
    ['of another realm', (bytes) => runInNewContext('Uint8Array.from(bytes)', { bytes }) as Uint8Array],
  ])('is written and read into as any other: one %s', (_, make) => {
    const { resource } = inUse();
    const theirs = make([...content.subarray(4, 6)]);
    expect(theirs.constructor).not.toBe(Uint8Array);
    resource.writeAt(4, theirs);
    const target = make(new Array<number>(10).fill(0));
    expect([resource.readAt(0, target), ...target]).toEqual([6, ...content.subarray(0, 6), 0, 0, 0, 0]);
  });
});
