import { describe, expect, it } from '@jest/globals';

import { freshPath, openAt, pattern } from '../../../support/scratch.js';
import { block, type MmapResource, readersOf, renaming, SIZE, TOO_LONG } from './slow-renames.js';

const making: [string, (resource: MmapResource) => void, number][] = [
  ['a commit', (resource) => resource.commit(), SIZE],
  ['a commit of fewer bytes', (resource) => resource.commit(SIZE / 2), SIZE / 2],
  ['a replacement', (resource) => resource.writeAll(pattern(SIZE)), SIZE],
];

describe.each(['before', 'after'] as const)('a rename that blocks for over a second %s it is done', (when) => {
  it.each(making)('closes no reader of another thread: %s', async (_, make, length) => {
    const path = freshPath();
    const resource = openAt(path, { files: renaming(path, { [when]: () => block(TOO_LONG) }), mode: 'read-write' });
    resource.writeAt(0, pattern(SIZE));
    const { readers, found } = await readersOf(resource);
    make(resource);
    for (const one of await found())
      expect(one).toMatchObject({ states: expect.not.arrayContaining(['closed']) as unknown });
    for (const reader of readers) expect(await reader.call('status')).toMatchObject({ state: 'committed' });
    for (const reader of readers)
      expect(Buffer.from(await reader.call<Uint8Array>('readAt', 0, SIZE))).toEqual(pattern(length));
  });

  it('closes no reader of content that was final already', async () => {
    const path = freshPath();
    let slow = false;
    const files = renaming(path, {
      [when]: () => {
        if (slow) block(TOO_LONG);
      },
    });
    const resource = openAt(path, { files, mode: 'read-write' });
    resource.writeAll(pattern(SIZE));
    const { readers, found } = await readersOf(resource);
    slow = true;
    resource.writeAll(pattern(SIZE / 2));
    for (const one of await found()) expect(one).toMatchObject({ states: ['committed'] });
    for (const reader of readers)
      expect(Buffer.from(await reader.call<Uint8Array>('readAt', 0, SIZE))).toEqual(pattern(SIZE / 2));
  });
});
