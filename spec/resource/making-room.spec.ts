import { afterEach, describe, expect, it } from '@jest/globals';

import { MemDriver, type Resource, toReadableStream, WindowDriver, WindowUse } from '../../lib/index.js';
import type { Use } from '../../lib/window/use.js';
import { filled } from '../support/bytes.js';
import { codeOf, errorOf } from '../support/code-of.js';
import { range } from '../support/range.js';
import { closeAll, open, record, turn, wait } from '../support/resources.js';
import { stopClock } from '../support/stopped-clock.js';
import { BLOCK, blocks, blocksIn, openWindow, writeBlocks } from '../support/windows.js';

afterEach(closeAll);

/** The compiler checks here that a resource may call all that it does of a driver's `use`. */
const asUse = (use: WindowUse): Use => use;

it('takes the use that a driver of any author makes', () => {
  expect(asUse(new WindowUse({ longestWait: 10 })).keepsLatest).toBe(false);
});

/** What a resource has told of writes and evictions, in order. */
function told(resource: Resource): unknown[] {
  const log: unknown[] = [];
  resource.writes$.subscribe(({ start }) => log.push(`wrote ${start / BLOCK}`));
  resource.evictions$.subscribe(({ start }) => log.push(`evicted ${start / BLOCK}`));
  return log;
}

describe('a write that needs room', () => {
  it('evicts what the driver answers, and tells of that before it tells of the write', () => {
    const resource = openWindow(2);
    const log = told(resource);
    writeBlocks(resource, 0, 1, 2);
    expect(blocksIn(resource)).toEqual([1, 2]);
    expect(resource.coveredBytes).toBe(2 * BLOCK);
    expect(log).toEqual(['wrote 0', 'wrote 1', 'evicted 0', 'wrote 2']);
  });

  it('throws CAPACITY where nothing may go, and changes nothing', () => {
    const resource = openWindow(2);
    writeBlocks(resource, 0, 1);
    const holds = [resource.hold(blocks(0)), resource.hold(blocks(1))];
    const log = told(resource);
    expect(codeOf(() => writeBlocks(resource, 2))).toBe('CAPACITY');
    expect(blocksIn(resource)).toEqual([0, 1]);
    expect(log).toEqual([]);
    holds[0]?.release();
    writeBlocks(resource, 2);
    expect(blocksIn(resource)).toEqual([1, 2]);
  });

  it('has its room, whatever a subscriber writes that is told of the eviction', () => {
    const resource = openWindow(2);
    writeBlocks(resource, 0, 1);
    const seen: unknown[] = [];
    resource.evictions$.subscribe(() => {
      seen.push(blocksIn(resource));
      if (seen.length === 1) writeBlocks(resource, 7);
    });
    writeBlocks(resource, 2);
    // It was there when that was told.
    expect(seen).toEqual([
      [1, 2],
      [2, 7],
    ]);
  });

  it('that fails in the driver has evicted all the same, and tells of it', () => {
    const driver = new WindowDriver({ maxBytes: 2 * BLOCK, blockSize: BLOCK });
    const resource = open({}, driver);
    writeBlocks(resource, 0, 1);
    const log = told(resource);
    driver.write = () => {
      throw new Error('no');
    };
    expect(() => writeBlocks(resource, 2)).toThrow('no');
    expect(log).toEqual(['evicted 0']);
    expect(blocksIn(resource)).toEqual([1]);
  });

  it('takes bytes from passive waits that had them: they are Ready once these are there again', () => {
    const resource = openWindow(4);
    writeBlocks(resource, 0);
    const outcome = wait(resource, 0, 2 * BLOCK, { passive: true });
    writeBlocks(resource, 5, 6, 7, 8, 1);
    expect(blocksIn(resource)).not.toContain(0);
    expect(outcome).toEqual([]);
    resource.hold(blocks(1));
    writeBlocks(resource, 0);
    expect(outcome).toEqual(['ready', 'complete']);
  });

  it('rewrites what is there without making room', () => {
    const resource = openWindow(2);
    writeBlocks(resource, 0, 1);
    const log = told(resource);
    writeBlocks(resource, 0, 1);
    expect(log).toEqual(['wrote 0', 'wrote 1']);
  });
});

describe('what waits need', () => {
  it('stays while others go, the most urgent first', () => {
    const resource = openWindow(4);
    // Half of the window is for both of the first, and none is left for the last.
    const second = wait(resource, 20 * BLOCK, 21 * BLOCK + 1, { neededBy: 2 });
    const first = wait(resource, 10 * BLOCK, 11 * BLOCK + 1, { neededBy: 1 });
    writeBlocks(resource, 20, 10, 30, 31, 32, 33);
    expect(resource.has(blocks(10))).toBe(true);
    writeBlocks(resource, 11);
    expect(first).toEqual(['ready', 'complete']);
    expect(second).toEqual([]);
  });

  it('stays until the caller of waitRange has copied it, or has asked for something else', () => {
    stopClock();
    const resource = openWindow(4);
    record(resource.waitRange(blocks(10)));
    writeBlocks(resource, 10, 30, 31, 32, 33, 34);
    expect(resource.has(blocks(10))).toBe(true);
    const target = new Uint8Array(BLOCK);
    expect(resource.readAt(10 * BLOCK, target)).toBe(BLOCK);
    expect(resource.driver.use?.needed).toEqual([]);
    record(resource.waitRange(blocks(34)));
    expect(resource.driver.use?.needed).toMatchObject([blocks(34)]);
    record(resource.waitRange(blocks(50)));
    expect(resource.driver.use?.needed).toMatchObject([blocks(50)]);
  });

  it('stays for the caller of waitRange no longer than a second', () => {
    const advance = stopClock();
    const resource = openWindow(4);
    record(resource.waitRange(blocks(10)));
    writeBlocks(resource, 10);
    advance(999);
    expect(resource.driver.use?.needed).toMatchObject([blocks(10)]);
    advance(1);
    expect(resource.driver.use?.needed).toEqual([]);
  });

  it('of a bare wait does not hinder the caller of evict, and is not kept afterwards', () => {
    stopClock();
    const resource = openWindow(4);
    record(resource.waitRange(blocks(10)));
    writeBlocks(resource, 10);
    expect(resource.evict(blocks(10))).toBe(BLOCK);
    const { use } = resource.driver;
    expect(use?.needed).toEqual([]);
  });

  it('is what pends, what was settled and not copied yet, and not what is passive or given up', () => {
    stopClock();
    const resource = openWindow(8);
    const needed = (): unknown[] => (resource.driver.use?.needed ?? []).map(({ start }) => start / BLOCK);
    const given = resource.waitRange(blocks(1)).subscribe();
    record(resource.waitRange(blocks(2), { passive: true }));
    record(resource.waitRange(blocks(4), { neededBy: 5 }));
    record(resource.read(blocks(3)));
    expect(needed()).toEqual([4, 1, 3]);
    given.unsubscribe();
    expect(needed()).toEqual([4, 3]);
    // In the callback of a wait before the read's.
    const seen: unknown[] = [];
    resource.waitRange(range(3 * BLOCK - 10, 3 * BLOCK)).subscribe(() => seen.push(needed()));
    resource.writeAt(3 * BLOCK - 10, filled(BLOCK + 10));
    expect(new Set(seen[0] as number[])).toEqual(new Set([4, 3, 3 - 10 / BLOCK]));
    // What `waitRange` was Ready for is kept until it is read.
    expect(needed()).toEqual([4, 3 - 10 / BLOCK]);
    resource.readAt(3 * BLOCK - 10, new Uint8Array(1));
    expect(needed()).toEqual([4]);
  });
});

describe('what a stream waits for', () => {
  it('stays until it has copied it, which is after the write', async () => {
    stopClock();
    const resource = openWindow(4);
    const needed = (): unknown[] => (resource.driver.use?.needed ?? []).map(({ start }) => start / BLOCK);
    const stream = toReadableStream(resource, blocks(5, 6)).getReader();
    const read = stream.read();
    await turn();
    expect(needed()).toEqual([5]);
    writeBlocks(resource, 5);
    // Somebody else waits, and is told.
    record(resource.waitRange(blocks(5)));
    expect(needed()).toContain(5);
    expect((await read).value).toHaveLength(BLOCK);
    expect(needed()).toEqual([]);
    await stream.cancel();
  });
});

describe('more than half of a window', () => {
  it('is CAPACITY for hold, and for waitRange where it would pend', () => {
    const resource = openWindow(4);
    const half = blocks(1, 3);
    const more = range(BLOCK, 3 * BLOCK + 1);
    resource.hold(half).release();
    expect(errorOf(() => resource.hold(more))).toMatchObject({ code: 'CAPACITY', range: more });
    expect(record(resource.waitRange(half))).toEqual([]);
    expect(record(resource.waitRange(more))).toEqual(['CAPACITY']);
    writeBlocks(resource, 1, 2, 3);
    expect(record(resource.waitRange(more))).toEqual(['ready', 'complete']);
    expect(record(resource.waitRange(range(5 * BLOCK, 4 * BLOCK)))).toEqual(['INVALID_RANGE']);
  });

  it('may be asked for of drivers that keep everything', () => {
    const resource = open({}, new MemDriver());
    resource.hold(range(0, 2 ** 53 - 1));
    expect(wait(resource, 0, 2 ** 53 - 1)).toEqual([]);
    resource.writeAt(0, filled(10));
  });
});
