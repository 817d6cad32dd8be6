import { describe, expect, it } from '@jest/globals';
import { expectAsKnown, inFirefox, inWebKit, type KnownFailure, runIn, stale } from './known-failures.js';

const FILE = 'spec/browser/others/known-failures.spec.ts';
const known: readonly KnownFailure[] = [
  { file: FILE, titles: ['a stream'], reason: 'there are none' },
  { file: 'spec/not/there.spec.ts', reason: 'it hangs' },
];

describe('the list of known failures', () => {
  it('lets its tests fail, and no others', () => {
    expect(() => expectAsKnown(known, FILE, { title: 'a stream ends', error: 'no' })).not.toThrow();
    expect(() => expectAsKnown(known, FILE, { title: 'another', error: 'no' })).toThrow('no');
    expect(() => expectAsKnown(known, 'other.spec.ts', { title: 'a stream ends', error: 'no' })).toThrow('no');
  });

  it('is stale where one of its tests passes or has not run, or a file is gone', () => {
    const tests = [{ title: 'a stream ends', error: 'no' }, { title: 'a stream begins' }, { title: 'another' }];
    expect(stale(known, [{ file: FILE, tests }])).toEqual([`${FILE}: a stream begins`, 'spec/not/there.spec.ts']);
    expect(stale(known, [])).toEqual([`${FILE}: a stream`, 'spec/not/there.spec.ts']);
  });

  it('keeps files from being run only where it names no titles', () => {
    expect(runIn(known, [FILE, 'spec/not/there.spec.ts'])).toEqual([FILE]);
  });

  it.each([...inFirefox, ...inWebKit])('says why: $file', ({ reason }) => {
    expect(reason.length).toBeGreaterThan(10);
  });
});
