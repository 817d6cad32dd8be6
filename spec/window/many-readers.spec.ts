import { afterEach, describe, expect, it } from '@jest/globals';

import type { ByteRange, Resource } from '../../lib/index.js';
import { demandedRanges } from '../support/demands-of.js';
import { closeAll, turn } from '../support/resources.js';
import { TestThread } from '../support/threads.js';
import { BLOCK, blocks, openWindow, writeBlocks } from '../support/windows.js';

afterEach(closeAll);

const WINDOW = 16;
const READERS = 64;
/** Of them so many block a thread each; the others share as many threads. */
const BLOCKING = 4;
/** So many ranges each reads, one after the other, of so many blocks. */
const RANGES = 2;
const LENGTH = 4;

/** No block is read twice, by nobody. */
function rangesOf(reader: number): ByteRange[] {
  return Array.from({ length: RANGES }, (_, index) => {
    const first = (index * READERS + reader) * LENGTH;
    return blocks(first, first + LENGTH);
  });
}

/** Starts all readers. */
function startReaders(resource: Resource, blocking: 'readSync' | 'waitAndReadAt'): Followed {
  const reading: Promise<unknown>[] = [];
  const handleOf = (reader: number): unknown => resource.createPort({ name: `reader-${reader}` }).handle;
  for (let index = 0; index < BLOCKING; index += 1) {
    const blocked = new TestThread('window-readers');
    reading.push(blocked.call(blocking, handleOf(index), rangesOf(index), BLOCK));
    const readers: unknown[] = [];
    for (let reader = BLOCKING + index; reader < READERS; reader += BLOCKING)
      readers.push([handleOf(reader), rangesOf(reader)]);
    reading.push(new TestThread('window-readers').call('readAsync', readers, BLOCK));
  }
  return following(Promise.all(reading));
}

interface Followed {
  readonly done: () => boolean;
  readonly all: Promise<unknown>;
}

/** Also where it fails, the caller ends its loop, and then waits for `all`. */
function following(promise: Promise<unknown>): Followed {
  let done = false;
  return { done: () => done, all: promise.finally(() => (done = true)) };
}

/** The blocks of what is missing of a range. */
function missingBlocks(resource: Resource, { start, end }: ByteRange): number[] {
  const missing: number[] = [];
  for (let block = start / BLOCK; block < end / BLOCK; block += 1)
    if (!resource.has(blocks(block))) missing.push(block);
  return missing;
}

describe('64 readers in other threads, of a window of 16 blocks', () => {
  it.each(['readSync', 'waitAndReadAt'] as const)(
    'all get on while one block for each of them is brought at a time: %s',
    async (blocking) => {
      const resource = openWindow(WINDOW);
      const readers = startReaders(resource, blocking);
      let rounds = 0;
      // Two get on at a time, and take as many rounds as their range has blocks. Without that, the
      // first blocks of all others have always taken the place of the second one.
      for (const most = 20 * READERS * RANGES; !readers.done() && rounds < most;) {
        await turn();
        const demanded = demandedRanges(resource);
        if (demanded.length > 0) rounds += 1;
        for (const range of demanded) writeBlocks(resource, ...missingBlocks(resource, range).slice(0, 1));
      }
      expect(readers.done()).toBe(true);
      await readers.all;
    },
    240_000,
  );

  it('have each block brought once, if only what is left alone is brought', async () => {
    const resource = openWindow(WINDOW);
    const readers = startReaders(resource, 'readSync');
    const times = new Map<number, number>();
    while (!readers.done()) {
      await turn();
      let left = WINDOW / 2;
      for (const range of resource.driver.use?.needed ?? []) {
        left -= LENGTH;
        if (left < 0) break;
        for (const block of missingBlocks(resource, range)) {
          times.set(block, (times.get(block) ?? 0) + 1);
          writeBlocks(resource, block);
        }
      }
    }
    await readers.all;
    expect(times.size).toBe(READERS * RANGES * LENGTH);
    // A reader takes its place in the order of waits, and is seen to wait afterwards. One that is
    // paused in between comes late, and what the last of those had that came before it is brought
    // once more.
    const twice = [...times.values()].filter((count) => count > 1).length;
    expect(twice).toBeLessThanOrEqual(times.size / 20);
    expect(Math.max(...times.values())).toBeLessThanOrEqual(2);
  }, 240_000);
});

describe('two places that a reader reads in turn', () => {
  it('do not evict each other', async () => {
    const resource = openWindow(WINDOW);
    const thread = new TestThread('window-readers');
    const far = 1000;
    const ranges = Array.from({ length: 60 }, (_, step) => {
      const block = (step % 2) * far + (step >> 1);
      return { start: block * BLOCK, end: block * BLOCK + BLOCK };
    });
    const reading = following(thread.call('readSync', resource.createPort().handle, ranges, BLOCK));
    const brought: number[] = [];
    while (!reading.done()) {
      await turn();
      for (const range of demandedRanges(resource)) {
        const first = range.start / BLOCK;
        // Some more than is asked for, as a download does.
        for (let block = first; block < first + 4; block += 1) {
          if (resource.has(blocks(block))) continue;
          brought.push(block);
          writeBlocks(resource, block);
        }
      }
    }
    await reading.all;
    expect(brought).toHaveLength(new Set(brought).size);
  }, 60_000);
});
