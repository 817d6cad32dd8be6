import { afterEach, describe, expect, it } from '@jest/globals';

import { attachReader, type Resource } from '../../lib/index.js';
import { openSync } from '../../lib/sync.js';
import { closeAll, record, turn } from '../support/resources.js';
import { stopClock } from '../support/stopped-clock.js';
import { BLOCK, blocks, openWindow, writeBlocks } from '../support/windows.js';

afterEach(closeAll);

/** The first blocks of what is needed. */
function needed(resource: Resource): number[] {
  return (resource.driver.use?.needed ?? []).map(({ start }) => start / BLOCK);
}

describe('what a blocking reader was Ready for', () => {
  it('is kept until its next call, whichever that is', () => {
    stopClock();
    const resource = openWindow(8);
    writeBlocks(resource, 0, 1, 2);
    const reader = openSync(resource.createPort().handle);
    const target = new Uint8Array(10);
    const calls = [
      () => reader.readAt(2 * BLOCK, target),
      () => reader.read(target, { at: 0 }),
      () => reader.seek(5),
      () => expect(() => reader.waitRange(blocks(7), { timeout: 0 })).toThrow(),
    ];
    for (const call of calls) {
      expect(reader.waitRange(blocks(1))).toBe('ready');
      expect(needed(resource)).toEqual([1]);
      call();
      expect(needed(resource)).toEqual([]);
    }
    reader.waitRange(blocks(1));
    reader.waitRange(blocks(2));
    expect(needed(resource)).toEqual([2]);
    reader.close();
  });

  it('is kept for a second, and not once it was evicted', () => {
    const advance = stopClock();
    const resource = openWindow(8);
    writeBlocks(resource, 0, 1);
    const reader = openSync(resource.createPort().handle);
    reader.waitRange(blocks(1));
    advance(999);
    expect(needed(resource)).toEqual([1]);
    advance(1);
    expect(needed(resource)).toEqual([]);
    reader.waitRange(blocks(1));
    expect(resource.evict(blocks(1))).toBe(BLOCK);
    expect(needed(resource)).toEqual([]);
    reader.waitRange(blocks(0));
    expect(needed(resource)).toEqual([0]);
    reader.close();
  });
});

describe('what an asynchronous reader was Ready for', () => {
  it('is kept until its next call, several together, the last four', async () => {
    stopClock();
    const resource = openWindow(16);
    const reader = attachReader(resource.createPort().handle);
    const outcomes = [1, 2, 3, 4, 5].map((block) => record(reader.waitRange(blocks(block))));
    await turn();
    expect(needed(resource)).toEqual([1, 2, 3, 4, 5]);
    writeBlocks(resource, 1, 2, 3, 4, 5);
    while (outcomes.some(({ length }) => length === 0)) await turn();
    await turn();
    expect(needed(resource)).toEqual([2, 3, 4, 5]);
    reader.readAt(BLOCK, new Uint8Array(10));
    expect(needed(resource)).toEqual([]);
    record(reader.waitRange(blocks(3)));
    expect(needed(resource)).toEqual([3]);
    record(reader.read(blocks(4)));
    await turn();
    expect(needed(resource)).toEqual([]);
    reader.close();
  });
});

describe('what is too long', () => {
  it('is CAPACITY for readers in other threads, too, where it would pend', async () => {
    const resource = openWindow(4);
    const sync = openSync(resource.createPort().handle);
    const reader = attachReader(resource.createPort().handle);
    // Also where it may not block, or is not to: to ask again is of no use.
    for (const timeout of [1000, 0])
      expect(() => sync.waitRange(blocks(0, 3), { timeout })).toThrow(expect.objectContaining({ code: 'CAPACITY' }));
    expect(record(reader.waitRange(blocks(0, 3)))).toEqual(['CAPACITY']);
    expect(record(reader.waitRange(blocks(0, 2)))).toEqual([]);
    writeBlocks(resource, 0, 1, 2);
    expect(sync.waitRange(blocks(0, 3))).toBe('ready');
    await turn();
    sync.close();
    reader.close();
  });
});
