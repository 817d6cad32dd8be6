import { expect } from '@jest/globals';

import { rounds } from '../run/rounds.js';
import { Flag, TestThread } from './threads.js';

interface Answer {
  readonly whole?: number;
  readonly wrong?: unknown;
}

const READS = rounds(10_000_000, 150_000);

/** What each of three threads calls while bytes are evicted: how it begins, what, how often. */
export const EVICTED_READS = [
  ['readAt', 'openSync', 'readAt', READS / 3],
  ['SyncReader.read, which waits for what is missing', 'openSync', 'read', READS / 100],
  ['read, which waits for what is missing', 'attach', 'readAsync', READS / 300],
] as const;

/**
 * Three threads read at full speed what one in another thread evicts and writes anew: they never
 * find bytes of another block or version.
 *
 * @param owner - that thread, which has the commands `handle` and `evictAndWrite`
 */
export async function expectNothingWrong(
  owner: TestThread,
  [, attach, read, reads]: (typeof EVICTED_READS)[number],
): Promise<void> {
  const readers = Array.from({ length: 3 }, () => new TestThread('block-reader'));
  for (const reader of readers) await reader.call(attach, await owner.call('handle'));
  const flag = new Flag();
  const evicting = owner.call<number>('evictAndWrite', flag.words);
  const answers = await Promise.all(
    readers.map((reader, seed) => reader.call<Answer>(read, Math.ceil(reads), seed + 2)),
  );
  flag.set();
  for (const { wrong, whole } of answers) {
    expect(wrong).toBeUndefined();
    // The others found nothing there.
    expect(whole).toBeGreaterThan(reads / 5);
  }
  expect(await evicting).toBeGreaterThan(rounds(10_000, 1000));
}
