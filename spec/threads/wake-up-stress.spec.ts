import { describe, expect, test } from '@jest/globals';
import { Resource } from '../../lib/index.js';
import { newDriver } from '../drivers/new-driver.js';
import { bytes, range, readerThread, soon, TestThread } from './threads.js';

/** Two threads; the second one reads the first's resource as `attach` says. */
async function players(attach = 'openSync'): Promise<[TestThread, TestThread]> {
  const [one, other] = [new TestThread('player'), new TestThread('player')];
  await one.call('openSync', await other.call('handle'));
  await other.call(attach, await one.call('handle'));
  return [one, other];
}

async function play(rounds: number, one: [TestThread, string], other: [TestThread, string]): Promise<unknown[]> {
  return Promise.all([one[0].call(one[1], rounds), other[0].call(other[1], rounds)]);
}

const LONG = 300_000;

describe('no wake-up is lost', () => {
  test(
    'between two threads that block in turn, 100,000 times',
    async () => {
      const [one, other] = await players();
      expect(await play(100_000, [one, 'serveBall'], [other, 'returnBall'])).toEqual([100_000, 100_000]);
    },
    LONG,
  );

  test(
    'between one that blocks and one that waits by observables, 10,000 times',
    async () => {
      const [one, other] = await players('attach');
      expect(await play(10_000, [one, 'serveBall'], [other, 'returnBallAsync'])).toEqual([10_000, 10_000]);
    },
    LONG,
  );

  test(
    'when the end of the content moves at any moment of a read, 20,000 times',
    async () => {
      const [one, other] = await players();
      expect(await play(20_000, [one, 'moveEnd'], [other, 'readToEnd'])).toEqual([20_000, 20_000]);
    },
    LONG,
  );

  test(
    'in a crowd that waits for ranges anywhere while they are written in any order',
    async () => {
      const threads = Array.from({ length: 8 }, readerThread);
      for (let round = 0; round < 5; round += 1) {
        const resource = Resource.open(newDriver());
        const attached = threads.map((thread) => thread.call('openSync', `r${round}`, resource.createPort().handle));
        await Promise.all(attached);
        const done = threads.map((thread, i) => thread.call('waitAnywhere', `r${round}`, 300, 1000, 31 * round + i));
        // A walk over all residues, with pauses that let the threads fall asleep.
        for (let i = 0; i < 1000; i += 1) {
          resource.writeAt((i * 617) % 1000, bytes(1));
          if (i % 50 === 0) await soon(0);
        }
        expect(resource.has(range(0, 1000))).toBe(true);
        expect(await Promise.all(done)).toEqual(threads.map(() => 'all ready and covered'));
        resource.close();
      }
    },
    LONG,
  );
});

describe('no interrupt is lost or doubled', () => {
  test(
    'when each one is awaited, 20,000 times at any moment',
    async () => {
      const [one, other] = await players();
      expect(await play(20_000, [one, 'interrupt'], [other, 'beInterrupted'])).toEqual([20_000, 20_000]);
    },
    LONG,
  );

  test(
    'when they come among bytes that are written at full speed',
    async () => {
      const [one, other] = await players();
      const interrupts = 2000;
      const [, read] = await Promise.all([
        one.call('writeAndInterrupt', 200_000, interrupts),
        other.call<{ position: number; interrupted: number; tokens: number[] }>('readAndBeInterrupted'),
      ]);
      expect(read.position).toBe(200_000);
      expect(read.interrupted).toBeLessThanOrEqual(interrupts);
      expect(read.tokens.at(-1)).toBe(interrupts - 1);
      expect(read.tokens).toEqual([...new Set(read.tokens)].sort((a, b) => a - b));
      expect(read.tokens.length).toBeGreaterThanOrEqual(read.interrupted);
    },
    LONG,
  );
});
