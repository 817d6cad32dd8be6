import { describe, expect, it } from '@jest/globals';
import { Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { rounds } from '../run/rounds.js';
import { readerThread, soon, TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { range } from '../support/range.js';

/** Two threads; the second one reads the first's resource as `attach` says. */
async function players(attach = 'openSync'): Promise<[TestThread, TestThread]> {
  const [one, other] = [new TestThread('player'), new TestThread('player')];
  await one.call('openSync', await other.call('handle'));
  await other.call(attach, await one.call('handle'));
  return [one, other];
}

async function play(times: number, one: [TestThread, string], other: [TestThread, string]): Promise<unknown[]> {
  return Promise.all([one[0].call(one[1], times), other[0].call(other[1], times)]);
}

const LONG = 300_000;
const [MOST, MANY, SOME] = [rounds(100_000, 5000), rounds(20_000, 1000), rounds(10_000, 500)];

describe('no wake-up is lost', () => {
  it(
    `between two threads that block in turn, ${MOST} times`,
    async () => {
      const [one, other] = await players();
      expect(await play(MOST, [one, 'serveBall'], [other, 'returnBall'])).toEqual([MOST, MOST]);
    },
    LONG,
  );

  it(
    `between one that blocks and one that waits by observables, ${SOME} times`,
    async () => {
      const [one, other] = await players('attach');
      expect(await play(SOME, [one, 'serveBall'], [other, 'returnBallAsync'])).toEqual([SOME, SOME]);
    },
    LONG,
  );

  it(
    `when the end of the content moves at any moment of a read, ${MANY} times`,
    async () => {
      const [one, other] = await players();
      expect(await play(MANY, [one, 'moveEnd'], [other, 'readToEnd'])).toEqual([MANY, MANY]);
    },
    LONG,
  );

  it(
    'in a crowd that waits for ranges anywhere while they are written in any order',
    async () => {
      const threads = Array.from({ length: 8 }, readerThread);
      for (let round = 0; round < rounds(5, 1); round += 1) {
        const resource = Resource.open(newDriver());
        const attached = threads.map((thread) => thread.call('openSync', `r${round}`, resource.createPort().handle));
        await Promise.all(attached);
        const done = threads.map((thread, i) => thread.call('waitAnywhere', `r${round}`, 300, 1000, 31 * round + i));
        // A walk over all residues, with pauses that let the threads fall asleep.
        for (let i = 0; i < 1000; i += 1) {
          resource.writeAt((i * 617) % 1000, filled(1));
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
  it(
    `when each one is awaited, ${MANY} times at any moment`,
    async () => {
      const [one, other] = await players();
      expect(await play(MANY, [one, 'interrupt'], [other, 'beInterrupted'])).toEqual([MANY, MANY]);
    },
    LONG,
  );

  it(
    'when they come among bytes that are written at full speed',
    async () => {
      const [one, other] = await players();
      const interrupts = rounds(2000, 100);
      const length = 100 * interrupts;
      const [, read] = await Promise.all([
        one.call('writeAndInterrupt', length, interrupts),
        other.call<{ position: number; interrupted: number; tokens: number[] }>('readAndBeInterrupted'),
      ]);
      expect(read.position).toBe(length);
      expect(read.interrupted).toBeLessThanOrEqual(interrupts);
      expect(read.tokens.at(-1)).toBe(interrupts - 1);
      expect(read.tokens).toEqual([...new Set(read.tokens)].sort((a, b) => a - b));
      expect(read.tokens.length).toBeGreaterThanOrEqual(read.interrupted);
    },
    LONG,
  );
});
