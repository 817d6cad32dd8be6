import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { threadReader } from './elsewhere.js';
import { MAPPINGS } from './mappings.js';
import { mountOverlay } from '../../run/mounts.js';
import { folder, openAt, pattern } from '../../support/scratch.js';

const SIZE = 20_000;
const CASES = MAPPINGS.flatMap((mapping) => ([1, 2] as const).map((fileSystems) => ({ mapping, fileSystems })));

describe.each(CASES)(
  'on overlayfs of $fileSystems file system(s), with mapping $mapping,',
  ({ mapping, fileSystems }) => {
    it('readers in other threads see a file of the image that is written again, longer and shorter', async () => {
      const { lower, merged } = mountOverlay(folder, fileSystems);
      writeFileSync(join(lower, 'content'), pattern(SIZE));
      const resource = openAt(join(merged, 'content'), { mapping, mode: 'read-write' });
      const readers = [threadReader(), threadReader()];
      for (const [at, reader] of readers.entries()) {
        await reader.call('attach', resource.createPort().handle, at === 0);
      }
      const expectBytes = async (expected: Buffer): Promise<void> => {
        for (const reader of readers) {
          const found = await reader.call<Uint8Array>('readAt', 0, 10 * SIZE);
          expect([found.length, Buffer.compare(found, expected)]).toEqual([expected.length, 0]);
        }
      };
      await expectBytes(pattern(SIZE));
      // The first of these copies the file to the upper layer. Read in between, and not.
      resource.reactivate();
      resource.writeAt(0, pattern(SIZE, 2));
      resource.commit();
      await expectBytes(pattern(SIZE, 2));
      resource.reactivate();
      resource.writeAt(0, pattern(4 * SIZE, 3));
      await expectBytes(pattern(4 * SIZE, 3));
      resource.commit();
      await expectBytes(pattern(4 * SIZE, 3));
      resource.writeAll(pattern(SIZE >> 1, 4));
      await expectBytes(pattern(SIZE >> 1, 4));
      resource.close();
      await expectBytes(pattern(SIZE >> 1, 4));
      await Promise.all(readers.map((reader) => reader.call('close')));
    });

    it('a reader that is late reads the file that was written again and removed since', async () => {
      const { lower, merged } = mountOverlay(folder, fileSystems);
      writeFileSync(join(lower, 'content'), pattern(SIZE));
      const resource = openAt(join(merged, 'content'), { mapping, mode: 'read-write' });
      const reader = threadReader();
      await reader.call('attach', resource.createPort().handle, true);
      expect(await reader.call<Uint8Array>('readAt', 0, 10 * SIZE)).toHaveLength(SIZE);
      resource.reactivate();
      resource.writeAt(0, pattern(2 * SIZE, 2));
      resource.commit();
      resource.close();
      rmSync(join(merged, 'content'));
      expect(Buffer.from(await reader.call<Uint8Array>('readAt', 0, 10 * SIZE))).toEqual(pattern(2 * SIZE, 2));
      await reader.call('close');
    });
  },
);

describe('on overlayfs,', () => {
  it('a partial download of the image goes on, and is read by other threads as it is written', async () => {
    const { lower, merged } = mountOverlay(folder, 2);
    const begun = openAt(join(lower, 'content'), {});
    begun.writeAt(0, pattern(SIZE));
    begun.close();
    const resource = openAt(join(merged, 'content'));
    const reader = threadReader();
    await reader.call('attach', resource.createPort().handle, true);
    expect(resource.coverage.toArray()).toEqual([{ start: 0, end: SIZE }]);
    resource.writeAt(SIZE, pattern(2 * SIZE).subarray(SIZE));
    resource.writeAt(0, pattern(100, 2));
    const expected = Buffer.concat([pattern(100, 2), pattern(2 * SIZE).subarray(100)]);
    expect(Buffer.from(await reader.call<Uint8Array>('readAt', 0, 10 * SIZE))).toEqual(expected);
    resource.commit();
    expect(Buffer.from(await reader.call<Uint8Array>('readAt', 0, 10 * SIZE))).toEqual(expected);
    resource.close();
    await reader.call('close');
  });
});
