import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

import { describe, expect, it } from '@jest/globals';

import { type ByteRange, MemDriver, readChunks, Resource } from '../../lib/index.js';
import { rounds } from '../run/rounds.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** A third party's driver: complete content of any length, made up as it is read. */
class EndlessDriver extends MemDriver {
  reads = 0;
  readonly #length: number;

  constructor(length: number) {
    super();
    this.#length = length;
  }

  override open(): { coverage: ByteRange[]; committedLength: number } {
    super.open();
    return { coverage: [{ start: 0, end: this.#length }], committedLength: this.#length };
  }

  override read(offset: number, target: Uint8Array): void {
    this.reads += 1;
    target.fill((offset / 65_536) % 251);
  }
}

describe('readChunks over much, with a slow consumer', () => {
  it.each([...new Set([1, rounds(16, 1)])].map((count) => count * 64 * 2 ** 20))(
    'reads %d bytes one chunk at a time, never ahead, and keeps none',
    async (length) => {
      const driver = new EndlessDriver(length);
      const large = Resource.open(driver);
      const handedOut: WeakRef<Uint8Array>[] = [];
      let running = 0;
      let read = 0;
      let mostRunning = 0;
      let mostAhead = 0;
      let mostHeld = 0;
      const project = async (chunk: Uint8Array, offset: number): Promise<void> => {
        running += 1;
        mostRunning = Math.max(mostRunning, running);
        handedOut.push(new WeakRef(chunk));
        expect(offset).toBe(read);
        read += chunk.length;
        mostAhead = Math.max(mostAhead, driver.reads - offset / 65_536);
        // Slow: other things go on meanwhile, now and then for long.
        await Promise.resolve();
        if (offset % (length / 16) === 0) {
          // In a task of its own: a weak reference holds what it was made of until the end of the
          // task that made it.
          await new Promise((resolve) => setTimeout(resolve, 1));
          collectGarbage();
          mostHeld = Math.max(mostHeld, handedOut.filter((ref) => ref.deref() !== undefined).length);
        }
        running -= 1;
      };
      await new Promise<void>((resolve, reject) => {
        readChunks(large, { project }).subscribe({ error: reject, complete: resolve });
      });
      expect(read).toBe(length);
      expect([mostRunning, mostAhead]).toEqual([1, 1]);
      expect(mostHeld).toBeLessThanOrEqual(4);
      large.close();
    },
    // It collects garbage sixteen times.
    300_000,
  );
});
