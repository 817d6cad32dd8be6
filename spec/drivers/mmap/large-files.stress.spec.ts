import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { rounds } from '../../run/rounds.js';
import { threadReader } from './elsewhere.js';
import { MAPPINGS } from './mappings.js';
import { freshPath, openAt } from '../../support/scratch.js';
import { errorOf } from '../../support/code-of.js';

const SIZE = 2 ** 33 + 2 ** 31 + 5000;
/** Around where 31 and 32 bits end, where windows meet, and at the very end. */
const MARKS = [2 ** 30, 2 ** 31, 3 * 2 ** 30, 2 ** 32, 2 ** 33, SIZE - 5].map((at) => at - 5);

/** Ten bytes that are of this offset only. */
function mark(offset: number): Buffer {
  const bytes = Buffer.alloc(10);
  bytes.writeDoubleBE(offset);
  bytes.writeUInt16BE(0xbeef, 8);
  return bytes;
}

async function expectMarks(resource: ReturnType<typeof openAt>): Promise<void> {
  const reader = threadReader();
  await reader.call('attach', resource.createPort().handle, true);
  for (const at of MARKS) {
    const here = Buffer.alloc(10);
    expect([at, resource.readAt(at, here), here]).toEqual([at, 10, mark(at)]);
    expect([at, Buffer.from(await reader.call<Uint8Array>('readAt', at, 10))]).toEqual([at, mark(at)]);
  }
}

/** A file with holes: it is written at the marks only, and takes next to no room. */
function sparseFile(): string {
  const path = freshPath();
  mkdirSync(dirname(path), { recursive: true });
  const descriptor = openSync(path, 'w');
  ftruncateSync(descriptor, SIZE);
  for (const at of MARKS) writeSync(descriptor, mark(at), 0, 10, at);
  closeSync(descriptor);
  return path;
}

describe.each(MAPPINGS.slice(0, rounds(MAPPINGS.length, 1)))(
  'a file of more than 2^33 bytes, with mapping %s',
  (mapping) => {
    it('is written and read at the right places while active, and found again', async () => {
      const path = freshPath();
      const resource = openAt(path, { mapping });
      for (const at of MARKS) resource.writeAt(at, mark(at));
      await expectMarks(resource);
      resource.close();
      const again = openAt(path, { mapping });
      expect(again.coverage.toArray()).toEqual(MARKS.map((at) => ({ start: at, end: at + 10 })));
      await expectMarks(again);
      again.discard();
    });

    it('is read at the right places once committed, reactivated, and committed again', async () => {
      const resource = openAt(sparseFile(), { mapping });
      expect(resource.length).toBe(SIZE);
      await expectMarks(resource);
      resource.reactivate();
      for (const at of MARKS) resource.writeAt(at, mark(at));
      await expectMarks(resource);
      resource.commit();
      expect(resource.length).toBe(SIZE);
      await expectMarks(resource);
      resource.discard({ committed: true });
    });

    it('is viewed where the mapping reaches', () => {
      const resource = openAt(sparseFile(), { mapping });
      for (const at of MARKS) {
        const range = { start: at, end: at + 10 };
        // Past 2^31 mmap-io shows other bytes without a word, so it is not asked; koffi knows 64
        // bits.
        const reaches = mapping === 'koffi' || (mapping === 'mmap-io' && at + 10 < 2 ** 31 - 2 ** 30);
        const found = reaches ? Buffer.from(resource.view(range)) : errorOf(() => resource.view(range)).code;
        expect([at, found]).toEqual([at, reaches ? mark(at) : 'UNSUPPORTED']);
      }
      resource.discard({ committed: true });
    });
  },
);
