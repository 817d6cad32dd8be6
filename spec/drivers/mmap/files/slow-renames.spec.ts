import { describe, expect, it } from '@jest/globals';

import { threadReader } from '../elsewhere.js';
import { systemError } from '../faulty-files.js';
import { freshPath, openAt, pattern } from '../../../support/scratch.js';
import { block, readersOf, renaming, SIZE, TOO_LONG } from './slow-renames.js';
import { errorOf } from '../../../support/code-of.js';

it('a rename that blocks for over a second closes no reader of another thread', async () => {
  const path = freshPath();
  const resource = openAt(path, { files: renaming(path, { after: () => block(TOO_LONG) }) });
  resource.writeAt(0, pattern(SIZE));
  const { readers, found } = await readersOf(resource);
  resource.commit();
  for (const one of await found())
    expect(one).toMatchObject({ states: expect.not.arrayContaining(['closed']) as unknown });
  for (const reader of readers) expect(await reader.call('status')).toMatchObject({ state: 'committed' });
});

describe('while the name of final content goes to other content,', () => {
  it.each([true, false])('who attaches waits for the new content, and finds it (blocking: %p)', async (blocking) => {
    const path = freshPath();
    const flag = new Int32Array(new SharedArrayBuffer(4));
    let slow = false;
    const files = renaming(path, {
      after: () => {
        if (!slow) return;
        Atomics.store(flag, 0, 1);
        Atomics.notify(flag, 0);
        Atomics.wait(flag, 0, 1);
        block(TOO_LONG);
      },
    });
    const resource = openAt(path, { files, mode: 'read-write' });
    resource.writeAll(pattern(SIZE));
    const reader = threadReader();
    const reading = reader.call<Uint8Array>(
      'attachWhenToldAndRead',
      flag,
      resource.createPort().handle,
      blocking,
      SIZE,
    );
    slow = true;
    resource.writeAll(pattern(SIZE / 2, 2));
    expect(Buffer.from(await reading)).toEqual(pattern(SIZE / 2, 2));
    expect(await reader.call('status')).toEqual({ state: 'committed', finalLength: SIZE / 2 });
  });

  it('readers find the old content where the rename fails', async () => {
    const path = freshPath();
    let fails = false;
    const files = renaming(path, {
      before: () => {
        if (fails) throw systemError('EIO');
      },
    });
    const resource = openAt(path, { files, mode: 'read-write' });
    resource.writeAll(pattern(SIZE));
    fails = true;
    expect(errorOf(() => resource.writeAll(pattern(5, 2))).code).toBe('IO');
    const reader = threadReader();
    await reader.call('attach', resource.createPort().handle, true);
    expect(Buffer.from(await reader.call<Uint8Array>('readAt', 0, SIZE))).toEqual(pattern(SIZE));
    fails = false;
    resource.writeAll(pattern(5, 2));
    expect(Buffer.from(await reader.call<Uint8Array>('readAt', 0, SIZE))).toEqual(pattern(5, 2));
  });
});
