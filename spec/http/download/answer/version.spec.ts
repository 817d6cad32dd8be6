import { describe, expect, it } from '@jest/globals';
import { compareVersions, isSendable, isStrong, type Version } from '../../../../lib/http/download/answer/version.js';

const monday = 'Mon, 02 Jan 2023 00:00:00 GMT';

describe('two answers', () => {
  it.each<[string, Version, Version, string]>([
    ['with nothing to tell', {}, {}, 'same'],
    ['with one length', { total: 1 }, { total: 1 }, 'same'],
    ['with two lengths', { total: 1 }, { total: 2 }, 'other'],
    ['with a length that one does not tell', { total: 1 }, {}, 'same'],
    ['with one tag', { etag: '"a"' }, { etag: '"a"' }, 'same'],
    ['with two tags', { etag: '"a"' }, { etag: '"b"' }, 'other'],
    ['with a tag that was made weak', { etag: '"a"' }, { etag: 'W/"a"' }, 'same'],
    ['with a tag that was weak', { etag: 'w/"a"' }, { etag: '"a"' }, 'same'],
    ['with a tag that has lost its quotes', { etag: '"a"' }, { etag: 'a' }, 'same'],
    ['with one tag and two lengths', { etag: '"a"', total: 1 }, { etag: '"a"', total: 2 }, 'other'],
    [
      'with one tag and two times',
      { etag: 'W/"a"', lastModified: monday },
      { etag: 'W/"a"', lastModified: 'Tue, 03 Jan 2023 00:00:00 GMT' },
      'same',
    ],
    ['of which the second lacks the tag', { etag: '"a"' }, {}, 'lacking'],
    ['of which the first lacks the tag', {}, { etag: '"a"' }, 'other'],
    ['with one time', { lastModified: monday }, { lastModified: monday }, 'same'],
    ['with one time, written otherwise', { lastModified: monday }, { lastModified: '2023-01-02T00:00:00Z' }, 'same'],
    ['with two times', { lastModified: monday }, { lastModified: 'Tue, 03 Jan 2023 00:00:00 GMT' }, 'other'],
    ['with a time that one does not tell', { lastModified: monday }, {}, 'same'],
  ])('are compared by all that both say: %s', (_, known, found, outcome) => {
    expect(compareVersions(known, found)).toBe(outcome);
  });
});

describe('an entity tag', () => {
  it.each([
    ['"a"', true, true],
    ['a', true, false],
    ['W/"a"', false, true],
    ['w/"a"', false, false],
    ['"中"', true, false],
    ['W/a', false, false],
    [undefined, false, false],
  ])('is strong unless it says that it is weak, and is sent only with its quotes: %s', (etag, strong, sendable) => {
    expect([isStrong(etag), isSendable(etag)]).toEqual([strong, sendable]);
  });
});
