import { describe, expect, it } from '@jest/globals';
import { MemDriver, ownerGone, Resource } from '../../lib/index.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { Flag, readerThread, soon, type TestThread } from '../support/threads.js';

/**
 * An owner commits, ends right then, and is told to be gone: at every single operation on shared
 * memory that a reader does meanwhile. What is committed stays readable.
 */

/** Calls a function in the middle of an update, before the state is committed. */
class SlowlyCommitted extends MemDriver {
  during: () => void = () => undefined;

  override commit(): () => void {
    return () => {
      this.during();
    };
  }
}

const READS: [string, unknown[], unknown][] = [
  ['readAt', [0, new Uint8Array(10)], 10],
  ['has', [{ start: 0, end: 10 }], true],
];
const KINDS = ['openSync', 'attach'].flatMap((attach) =>
  READS.map(([method, args, result]): [string, string, unknown[], unknown] => [attach, method, args, result]),
);
const MOST_STEPS = 40;

interface Met {
  readonly driver: SlowlyCommitted;
  readonly resource: Resource;
  readonly flag: Flag;
  readonly gone: () => void;
  /** Has the reader read, and stop on its way; it waits for `begin` before. */
  readonly read: (begin?: Flag) => Promise<unknown>;
}

async function meet(thread: TestThread, attach: string, step: number, method: string, args: unknown[]): Promise<Met> {
  const driver = new SlowlyCommitted();
  const resource = Resource.open(driver);
  resource.writeAt(0, filled(10));
  const { handle } = resource.createPort();
  const key = `${attach}${step}`;
  await thread.call(attach, key, handle);
  const flag = new Flag();
  const read = async (begin?: Flag): Promise<unknown> => {
    const call = [flag.words, step, key, method, ...args];
    const outcome =
      begin === undefined
        ? thread.call('callStoppedAt', ...call)
        : thread.call('beginAndCallStoppedAt', begin.words, ...call);
    return outcome.catch((error: unknown) => codeOf(Promise.reject(error as Error)));
  };
  return { driver, resource, flag, read, gone: () => ownerGone(handle) };
}

describe.each(KINDS)('of a reader by %s, %s', (attach, method, args, result) => {
  it('finds what was committed before the owner was gone, wherever it was meanwhile', async () => {
    const thread = readerThread();
    let step = 1;
    for (let met = true; met && step < MOST_STEPS; step += 1) {
      const { resource, flag, read, gone } = await meet(thread, attach, step, method, args);
      const outcome = read();
      const end = { hasCome: false };
      void outcome.then(() => (end.hasCome = true));
      while (Atomics.load(flag.words, 1) === 0 && !end.hasCome) await soon(0);
      met = !end.hasCome;
      resource.commit();
      gone();
      flag.set();
      expect([step, await outcome]).toEqual([step, result]);
    }
    expect(step).toBeGreaterThan(4);
    expect(step).toBeLessThan(MOST_STEPS);
  });

  it('finds it, too, where it waits for the end of that last update', async () => {
    const thread = readerThread();
    for (let step = 1; step <= 25; step += 1) {
      const { driver, resource, flag, read, gone } = await meet(thread, attach, step, method, args);
      const begin = new Flag();
      const outcome = read(begin);
      while (Atomics.load(begin.words, 1) === 0) await soon(0);
      driver.during = () => {
        begin.set();
        while (Atomics.load(flag.words, 1) === 0) Atomics.wait(flag.words, 1, 0, 1);
      };
      resource.commit();
      gone();
      flag.set();
      expect([step, await outcome]).toEqual([step, result]);
    }
  });
});
