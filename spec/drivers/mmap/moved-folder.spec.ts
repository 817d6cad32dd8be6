import { readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import type { FileSystem } from '../../../lib/drivers/mmap/files/file-system.js';
import { MmapDriver, type MmapDriverOptions, type MmapResource } from '../../../lib/node.js';
import { processOwner } from './elsewhere.js';
import { faultyFiles } from './faulty-files.js';
import { coveredEquals, freshPath, namesBeside, openAt, pattern } from '../../support/scratch.js';
import { errorOf, rejectionOf } from '../../support/code-of.js';

const OTHER = pattern(50, 2);

type TakeAway = (path: string) => void;
const ways: [string, TakeAway][] = [
  ['removed', (path) => rmSync(dirname(path), { recursive: true })],
  ['renamed', (path) => renameSync(dirname(path), `${dirname(path)}-moved`)],
];

/**
 * Opens the path anew, and downloads other content, as a second resource that knows nothing of the
 * first.
 */
async function takeOver(path: string, options: Partial<MmapDriverOptions> = {}): Promise<MmapResource> {
  const second = openAt(path, { checkpoint: false, ...options }, { identity: 'second' });
  second.writeAt(10, OTHER.subarray(10));
  await second.checkpoint();
  return second;
}

/** The second resource's content is what it has written, and is found again. */
function expectUntouched(path: string, second: MmapResource): void {
  expect(coveredEquals(second, OTHER)).toBe(true);
  second.close();
  const again = openAt(path);
  expect([again.origin, again.identity, again.coverage.toArray()]).toEqual([
    { from: 'partial' },
    'second',
    [{ start: 10, end: 50 }],
  ]);
  expect(coveredEquals(again, OTHER)).toBe(true);
  again.close();
  expect(namesBeside(path)).toEqual(['content.part', 'content.part.coverage']);
}

describe.each(ways)(
  'a folder that was %s under a resource, where another one has the path by now',
  (_how, takeAway) => {
    const start = (path: string, options: Partial<MmapDriverOptions> = {}): MmapResource => {
      const first = openAt(path, { checkpoint: false, ...options }, { identity: 'first' });
      first.writeAt(0, pattern(100));
      return first;
    };

    it('keeps what the other one has when the first is closed, which says that nothing was kept', async () => {
      const path = freshPath();
      const first = start(path);
      takeAway(path);
      const second = await takeOver(path);
      const error = errorOf(() => first.close());
      expect([error.code, error.path, error.message.includes('renamed')]).toEqual(['IO', path, true]);
      expectUntouched(path, second);
    });

    it('keeps it when the first had kept all before, and is closed without a word', async () => {
      const path = freshPath();
      const first = start(path);
      await first.checkpoint();
      takeAway(path);
      const second = await takeOver(path);
      first.close();
      first.discard();
      expectUntouched(path, second);
    });

    it('keeps it when the first is cancelled', async () => {
      const path = freshPath();
      const controller = new AbortController();
      const first = openAt(path, { checkpoint: false }, { signal: controller.signal });
      first.writeAt(0, pattern(100));
      takeAway(path);
      const second = await takeOver(path);
      controller.abort();
      first.discard();
      expectUntouched(path, second);
    });

    it('keeps it when the first is asked for a checkpoint, before bytes are made durable or after', async () => {
      const path = freshPath();
      const first = start(path);
      await first.checkpoint();
      takeAway(path);
      const second = await takeOver(path);
      first.identity = 'first, changed';
      expect((await rejectionOf(first.checkpoint())).code).toBe('IO');
      first.writeAt(100, pattern(10));
      expect((await rejectionOf(first.checkpoint())).code).toBe('IO');
      expectUntouched(path, second);
      expect(errorOf(() => first.close()).code).toBe('IO');
    });

    it('keeps it when the first discards', async () => {
      const path = freshPath();
      const first = start(path);
      await first.checkpoint();
      takeAway(path);
      const second = await takeOver(path);
      first.discard();
      expectUntouched(path, second);
    });

    it('keeps it when a checkpoint of the first was on its way', async () => {
      const path = freshPath();
      let gate = Promise.resolve();
      let resume = (): void => undefined;
      const { files } = faultyFiles(() => undefined);
      const slow: FileSystem = {
        ...files,
        writeLater: async (...args) => {
          await gate;
          return files.writeLater(...args);
        },
      };
      const first = start(path, { files: slow });
      gate = new Promise((resolve) => (resume = resolve));
      const checkpoint = first.checkpoint();
      // The bytes are durable by then, and the next coverage file is being written.
      while (!namesBeside(path).includes('content.part.coverage.tmp'))
        await new Promise((resolve) => setImmediate(resolve));
      takeAway(path);
      const second = await takeOver(path);
      resume();
      expect((await rejectionOf(checkpoint)).code).toBe('IO');
      expect(errorOf(() => first.close()).code).toBe('IO');
      expectUntouched(path, second);
    });

    it('keeps it when the first commits, replaces its content, or begins to write', async () => {
      const path = freshPath();
      const first = start(path);
      takeAway(path);
      const second = await takeOver(path);
      for (const action of [() => first.commit(), () => first.commit(50), () => first.writeAll(pattern(10))]) {
        const error = errorOf(action);
        expect([error.code, first.status.state]).toEqual(['IO', 'active']);
      }
      expect(coveredEquals(first, pattern(100))).toBe(true);
      first.discard();
      expectUntouched(path, second);
    });

    it('keeps it when the first had written nothing yet', async () => {
      const path = freshPath();
      const first = openAt(path);
      takeAway(path);
      const second = await takeOver(path);
      const error = errorOf(() => first.writeAt(0, pattern(100)));
      expect([error.code, first.coveredBytes]).toEqual(['IO', 0]);
      first.close();
      expectUntouched(path, second);
    });

    it('keeps its claim: the first one does not give it away', async () => {
      const path = freshPath();
      const first = start(path);
      takeAway(path);
      await takeOver(path);
      expect(errorOf(() => first.close()).code).toBe('IO');
      expect(errorOf(() => openAt(path)).code).toBe('CLAIMED');
    });

    it('keeps it when the process of the first ends', async () => {
      const path = freshPath();
      const owner = processOwner();
      await owner.call('open', path, { checkpoint: false });
      await owner.call('writeAt', 0, 600);
      takeAway(path);
      const second = await takeOver(path);
      await Promise.all([owner.call('exit'), owner.ended]);
      expectUntouched(path, second);
    });

    it('keeps what the other one has committed when the first reactivates what it had committed', async () => {
      const path = freshPath();
      const first = start(path);
      first.commit();
      takeAway(path);
      const second = await takeOver(path, { mode: 'read-write' });
      second.writeAll(OTHER);
      expect(errorOf(() => first.reactivate()).code).toBe('CHANGED');
      first.discard({ committed: true });
      expect(readFileSync(path)).toEqual(OTHER);
    });
  },
);

describe('a part file that was removed under a resource', () => {
  it('leaves no coverage file behind at close, which says that nothing was kept', () => {
    const path = freshPath();
    const resource = openAt(path, { checkpoint: false });
    resource.writeAt(0, pattern(100));
    rmSync(`${path}.part`);
    expect(errorOf(() => resource.close()).code).toBe('IO');
    expect(namesBeside(path)).toEqual([]);
    expect(MmapDriver.inspect(path)).toMatchObject({ from: 'new', claimed: false });
  });
});
