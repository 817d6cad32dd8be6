import { describe, expect, it } from '@jest/globals';
import { type ReaderPort, Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { Flag, readerThread, soon, type TestThread } from '../support/threads.js';
import { filled } from '../support/bytes.js';
import { codeOf } from '../support/code-of.js';
import { range } from '../support/range.js';

/**
 * Every change, met by a reader at every single operation on shared memory that it does on its way
 * to sleep.
 */

const STOPPED = 1;
const MORE_STEPS_THAN_A_WAIT_HAS = 500;

interface Meeting {
  readonly resource: Resource;
  readonly port: ReaderPort;
}

/**
 * What happens while the reader is stopped, what happens once it sleeps, and how its wait has to
 * end.
 */
const changes: [string, (meeting: Meeting) => void, ((meeting: Meeting) => void) | undefined, string[]][] = [
  ['the bytes', ({ resource }) => resource.writeAt(0, filled(10)), undefined, ['ready']],
  ['a change that answers nothing', disturb, ({ resource }) => resource.writeAt(0, filled(10)), ['ready']],
  [
    'two changes that answer nothing',
    (meeting) => {
      disturb(meeting);
      disturb(meeting);
    },
    ({ resource }) => resource.writeAt(0, filled(10)),
    ['ready'],
  ],
  [
    'a part of the bytes',
    ({ resource }) => resource.writeAt(0, filled(5)),
    ({ resource }) => resource.writeAt(5, filled(5)),
    ['ready'],
  ],
  [
    'a change that answers nothing, and the bytes',
    (meeting) => {
      disturb(meeting);
      meeting.resource.writeAt(0, filled(10));
    },
    undefined,
    ['ready'],
  ],
  ['a commit', ({ resource }) => resource.commit(0), undefined, ['eof']],
  ['a failure', ({ resource }) => resource.fail('no more'), undefined, ['FAILED']],
  [
    'a failure that is taken back',
    ({ resource }) => {
      resource.fail('no more');
      resource.reactivate();
    },
    ({ resource }) => resource.writeAt(0, filled(10)),
    // A reader that sleeps already may see either.
    ['ready', 'FAILED'],
  ],
  ['a close', ({ resource }) => resource.close(), undefined, ['CLOSED']],
  ['a close of the port', ({ port }) => port.close(), undefined, ['CLOSED']],
];

/** Sends wake-ups to all readers. */
function disturb({ resource }: Meeting): void {
  resource.expectedLength = (resource.expectedLength ?? 1000) + 1;
}

async function meet(
  thread: TestThread,
  attach: string,
  step: number,
  change: (meeting: Meeting) => void,
  after: ((meeting: Meeting) => void) | undefined,
): Promise<{ met: boolean; outcome: string }> {
  const resource = Resource.open(newDriver());
  const port = resource.createPort();
  const flag = new Flag();
  const key = `r${step}`;
  await thread.call(attach, key, port.handle);
  const wait =
    attach === 'attach'
      ? thread.call('waitStoppedAt', flag.words, step, key, key, range(0, 10)).then(() => thread.ended(key))
      : thread.call<string>('callStoppedAt', flag.words, step, key, 'waitRange', range(0, 10));
  // What it throws is its outcome, too.
  const outcome = wait.catch((error: unknown) => codeOf(Promise.reject(error as Error)));
  while (Atomics.load(flag.words, 1) === 0) await soon(0);
  const met = Atomics.load(flag.words, 1) === STOPPED;
  change({ resource, port });
  flag.set();
  if (after !== undefined) {
    await soon(2);
    after({ resource, port });
  }
  return { met, outcome: String(await outcome) };
}

describe.each(['openSync', 'attach'])('a wait of a reader by %s', (attach) => {
  it.each(changes)('ends, whenever it meets %s', async (_, change, after, outcomes) => {
    const thread = readerThread();
    await thread.call('echo');
    let step = 1;
    for (; step < MORE_STEPS_THAN_A_WAIT_HAS; step += 1) {
      const { met, outcome } = await meet(thread, attach, step, change, after);
      expect([step, outcomes.includes(outcome), outcome]).toEqual([step, true, outcome]);
      if (!met) break;
    }
    expect(step).toBeGreaterThan(20);
    expect(step).toBeLessThan(MORE_STEPS_THAN_A_WAIT_HAS);
  });

  it('ends, whenever it meets an interrupt', async () => {
    const thread = readerThread();
    await thread.call('echo');
    const outcomes: string[] = [];
    // A blocking reader keeps an interrupt. For an asynchronous one it counts only if the wait has
    // begun.
    const after = attach === 'attach' ? ({ resource }: Meeting) => resource.writeAt(0, filled(10)) : undefined;
    for (let met = true; met;) {
      const result = await meet(thread, attach, outcomes.length + 1, ({ port }) => port.interrupt(), after);
      ({ met } = result);
      outcomes.push(result.outcome);
    }
    expect(outcomes.length).toBeGreaterThan(20);
    expect([...new Set(outcomes)].sort()).toEqual(attach === 'attach' ? ['interrupted', 'ready'] : ['interrupted']);
  });
});
