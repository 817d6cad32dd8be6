import { describe, expect, it } from '@jest/globals';

import { subtractRanges } from '../../../lib/range/subtract-ranges.js';
import { FUZZ_RUNS } from '../../run/rounds.js';
import { block, blocks, expectSound, OTHER, SIZE, SOURCE, write } from './expect-sound.js';
import { pattern, settled, SMALL } from './in-folders.js';

describe('a crash after any call', () => {
  it('of a download with checkpoints leaves what is there, and no less than the last checkpoint', async () => {
    const calls = await expectSound(async ({ guarantee, open }) => {
      const resource = await open();
      write(resource, blocks(3, 5));
      await resource.checkpoint();
      guarantee.durable = [blocks(3, 5)];
      write(resource, { start: 10, end: 200 });
      write(resource, blocks(4, 12));
      await resource.checkpoint();
      guarantee.durable = [{ start: 10, end: block(12) }];
      resource.close();
      const again = await open();
      write(again, blocks(20, 21));
      again.close();
      guarantee.durable = [{ start: 10, end: block(12) }, blocks(20, 21)];
    });
    const first = calls.indexOf('flush chunk-0');
    expect(calls.slice(first, first + 4)).toEqual([
      'flush chunk-0',
      'write record-0',
      'truncate record-0',
      'flush record-0',
    ]);
  });

  it('of evictions whose places are used again leaves no other bytes', async () => {
    await expectSound(async ({ guarantee, open }) => {
      const resource = await open();
      write(resource, blocks(0, 4));
      await resource.checkpoint();
      guarantee.durable = [blocks(0, 4)];
      for (let round = 1; round < 4; round += 1) {
        guarantee.durable = [];
        resource.evict(blocks(0, 34));
        write(resource, blocks(4 * round, 4 * round + 4));
        await resource.checkpoint();
        guarantee.durable = [blocks(4 * round, 4 * round + 4)];
      }
      resource.close();
    });
  });

  it('of many evictions moves blocks together, and leaves all of them', async () => {
    await expectSound(async ({ guarantee, folder, open }) => {
      const resource = await open();
      write(resource, blocks(0, 16));
      await resource.checkpoint();
      guarantee.durable = Array.from({ length: 4 }, (_, index) => blocks(4 * index, 4 * index + 1));
      for (let index = 0; index < 4; index += 1) resource.evict(blocks(4 * index + 1, 4 * index + 4));
      await resource.checkpoint();
      expect(folder.chunkBytes).toBeLessThanOrEqual((1.05 * 4 + SMALL.chunkBlocks) * SMALL.blockSize);
      resource.close();
    });
  });

  it('of a commit that drops bytes leaves all of them, or what was committed', async () => {
    await expectSound(async ({ guarantee, open }) => {
      const resource = await open();
      write(resource, blocks(0, 10));
      await resource.checkpoint();
      guarantee.durable = [{ start: 0, end: 300 }];
      guarantee.committed = [300];
      resource.commit(300);
      resource.close();
      const again = await open();
      expect([again.origin.from, again.length]).toEqual(['complete', 300]);
      again.reactivate();
      guarantee.committed = [];
      write(again, { start: 300, end: SIZE });
      await again.checkpoint();
      guarantee.committed = [SIZE];
      again.commit();
      guarantee.durable = [{ start: 0, end: SIZE }];
      again.close();
    });
  });

  it('of a replacement leaves the old content or the new, whole', async () => {
    await expectSound(async ({ guarantee, open }) => {
      const resource = await open();
      write(resource, { start: 0, end: 200 });
      guarantee.committed = [200];
      resource.commit();
      guarantee.durable = [{ start: 0, end: 150 }];
      resource.reactivate();
      await resource.checkpoint();
      guarantee.committed = [150];
      guarantee.versions = [SOURCE, OTHER];
      resource.writeAll(OTHER.subarray(0, 150));
      guarantee.versions = [OTHER];
      resource.reactivate();
      guarantee.committed = [];
      write(resource, blocks(10, 14), OTHER);
      resource.close();
      guarantee.durable = [{ start: 0, end: 150 }, blocks(10, 14)];
      const again = await open();
      write(again, blocks(20, 22), OTHER);
      again.close();
    });
  });

  it('of a commit that fails leaves active content once something is written', async () => {
    await expectSound(async ({ guarantee, folder, open }) => {
      const resource = await open();
      write(resource, blocks(0, 4));
      await resource.checkpoint();
      guarantee.durable = [blocks(0, 4)];
      guarantee.committed = [block(4)];
      folder.fails = (call) => (call.startsWith('flush record') ? new DOMException('no', 'UnknownError') : undefined);
      expect(() => resource.commit()).toThrow(expect.objectContaining({ code: 'IO' }));
      folder.fails = undefined;
      expect(resource.status.state).toBe('active');
      // The record that says active is durable before this is written.
      folder.fails = (call) => {
        if (call.startsWith('write chunk')) guarantee.committed = [];
        return undefined;
      };
      write(resource, blocks(4, 6));
      guarantee.durable = [];
      resource.discard();
      await settled();
    });
  });

  it('of removal leaves nothing that is not there', async () => {
    await expectSound(async ({ guarantee, folder, open }) => {
      const resource = await open();
      write(resource, blocks(0, 6));
      await resource.checkpoint();
      write(resource, blocks(6, 9));
      await resource.checkpoint();
      resource.discard();
      guarantee.durable = [];
      await settled();
      expect(await folder.names()).toEqual([]);
    });
  });
});

describe('a crash after any call of anything', () => {
  it.each(Array.from({ length: Math.ceil(FUZZ_RUNS / 10) }, (_, seed) => seed))(
    'leaves bytes that were written, and no less than was durable (seed %i)',
    async (seed) => {
      const random = randomNumbers(seed + 1);
      await expectSound(async ({ guarantee, open }) => {
        let resource = await open();
        const version = (): Uint8Array => guarantee.versions.at(-1) ?? SOURCE;
        const keep = (): void => {
          guarantee.durable = resource.coverage.toArray();
        };
        for (let step = 0; step < 25; step += 1) {
          const start = random(SIZE - 1);
          const range = { start, end: Math.min(SIZE, start + 1 + random(block(6))) };
          const what = random(10);
          if (resource.status.state === 'committed') {
            if (what < 7) {
              resource.reactivate();
              guarantee.committed = [];
            } else {
              resource.close();
              await settled();
              resource = await open();
            }
          } else if (what < 4) write(resource, range, version());
          else if (what < 6) {
            guarantee.durable = subtractRanges(guarantee.durable, [range]);
            resource.evict(range);
          } else if (what < 7) {
            await resource.checkpoint();
            keep();
          } else if (what < 8) {
            await resource.checkpoint();
            keep();
            resource.close();
            await settled();
            resource = await open();
          } else if (what < 9) {
            const end = resource.coverage.coveredUntil(0);
            await resource.checkpoint();
            guarantee.committed = [end];
            guarantee.durable = [{ start: 0, end }].filter(() => end > 0);
            resource.commit(end);
          } else {
            await resource.checkpoint();
            const next: Uint8Array = pattern(SIZE, 3 + step);
            const length = Math.min(range.end - range.start, block(3));
            guarantee.versions = [version(), next];
            guarantee.durable = [];
            guarantee.committed = [length];
            resource.writeAll(next.subarray(0, length));
            guarantee.versions = [next];
            keep();
          }
        }
        resource.close();
        await settled();
      });
    },
  );
});

/** Returns numbers below a limit, the same for each seed. */
function randomNumbers(seed: number): (limit: number) => number {
  let state = seed * 2_654_435_761;
  return (limit) => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 1_013_904_223) >>> 0;
    return state % limit;
  };
}
