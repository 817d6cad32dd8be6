import { describe, expect, it } from '@jest/globals';

import { rounds } from '../../run/rounds.js';
import { Flag, TestThread } from '../../support/threads.js';

interface Answer {
  readonly whole?: number;
  readonly wrong?: unknown;
}

const READS = rounds(10_000_000, 150_000);

describe('bytes of a window, read while its owner gives their places to others at full speed', () => {
  it.each([
    ['readAt', 'openSync', 'readAt', READS / 3],
    ['SyncReader.read, which waits for what is missing', 'openSync', 'read', READS / 100],
    ['read, which waits for what is missing', 'attach', 'readAsync', READS / 300],
  ])(
    'are never those of another block or version, in three threads that call %s',
    async (_name, attach, read, reads) => {
      const owner = new TestThread('window-owner');
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
    },
    240_000,
  );
});
