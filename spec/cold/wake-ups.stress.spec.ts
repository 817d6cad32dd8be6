import { describe, expect, it } from '@jest/globals';
import { ownerGone, type ReaderPort, type Resource, StorageError } from '../../lib/index.js';
import { isStress } from '../run/rounds.js';
import { codeOf } from '../support/code-of.js';
import { coldEvictingResource, type ColdDriver, numbered } from '../support/cold-resources.js';
import { range } from '../support/range.js';
import { Flag, readerThread, soon, type TestThread } from '../support/threads.js';

/**
 * Every change, met by a reader of cold bytes at every single operation on shared memory that it
 * does on its way to sleep, or to its bytes.
 */

const STOPPED = 1;
/** In a few rounds each twelfth operation only, another one each time. */
const STRIDE = isStress ? 1 : 12;
const MORE_STEPS_THAN_A_READ_HAS = 1000;
const LENGTH = 70_000;
const first = numbered(LENGTH, 1);
const second = numbered(LENGTH, 2);

interface Meeting {
  readonly resource: Resource<ColdDriver>;
  readonly port: ReaderPort;
}

/** What happens while the reader is stopped, and how its read may end. */
const changes: [string, (meeting: Meeting) => void, string[]][] = [
  ['nothing', () => undefined, ['first']],
  [
    'a change that answers nothing',
    ({ resource }) => {
      resource.expectedLength = LENGTH + 1;
      resource.expectedLength = LENGTH;
    },
    ['first'],
  ],
  [
    'an eviction of bytes that come back otherwise',
    ({ resource }) => {
      resource.evict(range(0, LENGTH));
      resource.writeAt(0, second);
    },
    // Pieces of one read may be of before and after; what is evicted at its beginning is of after.
    ['first', 'second', 'both'],
  ],
  ['a commit', ({ resource }) => resource.commit(), ['first']],
  ['a failure', ({ resource }) => resource.fail('no more'), ['first']],
  [
    'other content',
    ({ resource }) => {
      resource.writeAll(second);
    },
    ['first', 'second'],
  ],
  [
    'a disk that fails',
    ({ resource }) => {
      resource.driver.failure = new StorageError('IO', 'The disk has gone.');
    },
    ['first', 'IO'],
  ],
  ['a close', ({ resource }) => resource.close(), ['first', 'CLOSED']],
  [
    'a close of committed content',
    ({ resource }) => {
      resource.commit();
      resource.close();
    },
    ['first', 'CLOSED'],
  ],
  ['the end of its owner', ({ port }) => ownerGone(port.handle), ['first', 'CLOSED']],
  ['a close of the port', ({ port }) => port.close(), ['first', 'CLOSED']],
  ['an interrupt', ({ port }) => port.interrupt(), ['first', 'INTERRUPTED']],
];

function kindOf(bytes: unknown): string {
  if (!ArrayBuffer.isView(bytes)) return String(bytes);
  const found = bytes as Uint8Array;
  if (Buffer.compare(found, first) === 0) return 'first';
  if (Buffer.compare(found, second) === 0) return 'second';
  const strange = found.findIndex((byte, at) => byte !== first[at] && byte !== second[at]);
  return found.length === LENGTH && strange === -1 ? 'both' : `strange at ${strange} of ${found.length}`;
}

async function meet(
  thread: TestThread,
  attach: string,
  step: number,
  change: (meeting: Meeting) => void,
): Promise<{ met: boolean; outcome: string }> {
  const resource = coldEvictingResource();
  resource.expectedLength = LENGTH;
  resource.writeAt(0, first);
  const port = resource.createPort();
  const flag = new Flag();
  const key = `r${step}`;
  await thread.call(attach, key, port.handle);
  const target = new Uint8Array(new SharedArrayBuffer(LENGTH));
  const read =
    attach === 'attach'
      ? thread
          .call('readStoppedAt', flag.words, step, key, key, range(0, LENGTH))
          .then(() => thread.ended<unknown>(key))
      : thread.call('callStoppedAt', flag.words, step, key, 'read', target).then(() => target);
  const outcome = read.then(kindOf, (error: unknown) => codeOf(Promise.reject(error as Error)).then(String));
  const progress = { over: false };
  void outcome.then(() => (progress.over = true));
  while (Atomics.load(flag.words, 1) === 0 && !progress.over) await soon(0);
  const met = Atomics.load(flag.words, 1) === STOPPED;
  change({ resource, port });
  flag.set();
  const ended = await outcome;
  resource.close();
  return { met, outcome: ended };
}

describe.each(['openSync', 'attach'])('a read of cold bytes by %s', (attach) => {
  it.each(changes)('ends, whenever it meets %s', async (name, change, outcomes) => {
    const thread = readerThread();
    await thread.call('echo');
    let step = 1 + (changes.findIndex(([each]) => each === name) % STRIDE);
    for (; step < MORE_STEPS_THAN_A_READ_HAS; step += STRIDE) {
      const { met, outcome } = await meet(thread, attach, step, change);
      expect([step, outcomes.includes(outcome), outcome]).toEqual([step, true, outcome]);
      if (!met) break;
    }
    expect(step).toBeGreaterThan(20);
    expect(step).toBeLessThan(MORE_STEPS_THAN_A_READ_HAS);
  });
});
