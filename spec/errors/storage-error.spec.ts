import { describe, expect, it } from '@jest/globals';

import { isStorageError, StorageError, type StorageErrorCode } from '../../lib/index.js';

const codes: StorageErrorCode[] = [
  'INVALID_RANGE',
  'INVALID_ARGUMENT',
  'NOT_FOUND',
  'FAILED',
  'CANCELLED',
  'CLOSED',
  'READ_ONLY',
  'INCOMPLETE',
  'CLAIMED',
  'CAPACITY',
  'NO_SPACE',
  'IO',
  'TIMEOUT',
  'INTERRUPTED',
  'DEADLOCK',
  'UNSUPPORTED',
  'CHANGED',
  'HTTP',
  'GONE',
];

describe('StorageError', () => {
  it.each(codes)('is an Error with code, message, and a name by which abort is known: %s', (code) => {
    const error = new StorageError(code, 'why');
    expect(error).toBeInstanceOf(Error);
    expect([error.code, error.message]).toEqual([code, 'why']);
    expect(error.name === 'AbortError').toBe(code === 'CANCELLED');
    expect(String(error)).toContain('why');
  });

  it('carries range, path and cause where they are given', () => {
    const cause = new Error('below');
    const error = new StorageError('IO', 'why', { range: { start: 1, end: 2 }, path: '/tmp/x', cause });
    expect([error.range, error.path, error.cause]).toEqual([{ start: 1, end: 2 }, '/tmp/x', cause]);
  });

  it('has none of them else, not even as undefined', () => {
    for (const error of [
      new StorageError('IO', 'why'),
      new StorageError('IO', 'why', {}),
      new StorageError('IO', 'why', { range: undefined, path: undefined }),
    ]) {
      expect(['range', 'path', 'cause'].filter((name) => name in error)).toEqual([]);
    }
  });

  it('keeps a range of its own', () => {
    const range = { start: 1, end: 2 };
    const error = new StorageError('IO', 'why', { range });
    range.end = 99;
    expect(error.range).toEqual({ start: 1, end: 2 });
  });
});

describe('isStorageError', () => {
  it('tells by any code, or by those asked for', () => {
    const error = new StorageError('TIMEOUT', 'why');
    expect(isStorageError(error)).toBe(true);
    expect(isStorageError(error, 'TIMEOUT')).toBe(true);
    expect(isStorageError(error, 'IO', 'TIMEOUT')).toBe(true);
    expect(isStorageError(error, 'IO')).toBe(false);
  });

  it.each([
    undefined,
    null,
    0,
    'IO',
    Symbol('x'),
    1n,
    true,
    {},
    { code: 'IO' },
    new Error('IO'),
    () => undefined,
    Object.create(null),
  ])('takes %p for none', (value: unknown) => {
    expect(isStorageError(value)).toBe(false);
    expect(isStorageError(value, 'IO')).toBe(false);
  });

  it('takes what looks like one, by name and code, for none', () => {
    expect(isStorageError(Object.assign(new Error('why'), { name: 'StorageError', code: 'IO' }))).toBe(false);
  });

  it('takes what has crossed threads by structuredClone, and lost its code, for none', () => {
    expect(isStorageError(structuredClone(new StorageError('IO', 'why')))).toBe(false);
  });
});
