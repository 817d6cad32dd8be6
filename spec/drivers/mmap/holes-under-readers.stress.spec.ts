import { describe, expect, it } from '@jest/globals';

import { rounds } from '../../run/rounds.js';
import { freshPath, openAt } from '../../support/scratch.js';
import { PUNCHES } from './allocated.js';
import { holeReader } from './elsewhere.js';
import { faultyFiles } from './faulty-files.js';
import { valueOf } from './fixtures/hole-blocks.js';
import { MAPPINGS } from './mappings.js';

const BLOCKS = 16;
const SIZE = 64 * 1024;
const ROUNDS = rounds(5000, 300);

interface Answer {
  readonly whole?: number;
  readonly wrong?: unknown;
}

describe.each(MAPPINGS)(
  'bytes of a file that are read while they are evicted and holes are punched, mapping %s',
  (mapping) => {
    it('are never those of a hole or of another version, in threads that wait and that do not', async () => {
      let holes = 0;
      const { files } = faultyFiles((call) => {
        if (call === 'punchHole') holes += 1;
      });
      const resource = openAt(freshPath(), { mapping, files, checkpoint: false, durable: false });
      const write = (block: number, version: number): void =>
        resource.writeAt(block * SIZE, new Uint8Array(SIZE).fill(valueOf(block, version)));
      for (let block = 0; block < BLOCKS; block += 1) write(block, 0);
      const flag = new Int32Array(new SharedArrayBuffer(4));
      const reading: Promise<Answer>[] = [];
      for (const waits of [false, true, false]) {
        const reader = holeReader();
        await reader.call('attach', resource.createPort().handle);
        reading.push(reader.call<Answer>('read', flag, BLOCKS, SIZE, waits));
      }
      for (let round = 1; round <= ROUNDS; round += 1) {
        const evicted = [round % BLOCKS, (5 * round + 3) % BLOCKS];
        for (const block of evicted) resource.evict({ start: block * SIZE, end: (block + 1) * SIZE });
        await resource.checkpoint();
        for (let block = 0; block < BLOCKS; block += 1) {
          if (!resource.has({ start: block * SIZE, end: (block + 1) * SIZE })) write(block, round);
        }
        if (round > 0.8 * ROUNDS && round % 20 === 0) {
          // Readers map it, and go on when it is written again; no holes are punched from then on.
          resource.commit();
          await new Promise((resolve) => setTimeout(resolve, 2));
          resource.reactivate();
        }
      }
      Atomics.store(flag, 0, 1);
      for (const { whole, wrong } of await Promise.all(reading)) {
        expect(wrong).toBeUndefined();
        expect(whole).toBeGreaterThan(ROUNDS / 10);
      }
      expect(holes >= ROUNDS).toBe(PUNCHES);
    }, 240_000);
  },
);
