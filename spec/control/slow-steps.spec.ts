import { afterEach, describe, expect, it } from '@jest/globals';

import { type FinalStep, MemDriver } from '../../lib/index.js';
import { closeAll, open } from '../support/resources.js';
import { readerThread } from '../support/threads.js';
import { bytes } from '../support/bytes.js';
import { range } from '../support/range.js';

afterEach(closeAll);

const SLEEP = new Int32Array(new SharedArrayBuffer(4));
const block = (milliseconds: number): void => void Atomics.wait(SLEEP, 0, 0, milliseconds);

const steps: [string, FinalStep][] = [
  [
    'with one call ahead of its step that blocks',
    Object.assign(() => undefined, {
      ahead: () => {
        block(1500);
      },
    }),
  ],
  [
    'in its step, and says so every so often',
    (alive) => {
      for (let slice = 0; slice < 6; slice += 1) {
        block(250);
        alive();
      }
    },
  ],
];

describe.each(steps)('a driver that takes over a second to make content final, %s', (_, step) => {
  it('loses no reader in another thread, waiting or looking', async () => {
    class Slow extends MemDriver {
      override commit(): FinalStep {
        return step;
      }
    }
    const resource = open(undefined, new Slow());
    resource.writeAt(0, bytes(8));
    const [waiting, looking] = [readerThread(), readerThread()];
    await waiting.call('openSync', 'r', resource.createPort().handle);
    await looking.call('attach', 'r', resource.createPort().handle);
    const end = waiting.call('call', 'r', 'waitRange', range(8, 9));
    const looks = looking.call('call', 'r', 'has', range(0, 8));
    resource.commit();
    expect([await end, await looks]).toEqual(['eof', true]);
    expect(await looking.call('get', 'r', 'status')).toEqual({ state: 'committed', finalLength: 8 });
    expect(await looking.call('readAt', 'r', 0, 10)).toEqual(bytes(8));
  });

  it('that fails ahead of the step has changed nothing', () => {
    class Failing extends MemDriver {
      override commit(): FinalStep {
        return Object.assign(() => undefined, {
          ahead: () => {
            throw new Error('the disk is gone');
          },
        });
      }
    }
    const resource = open(undefined, new Failing());
    resource.writeAt(0, bytes(8));
    expect(() => resource.commit()).toThrow('the disk is gone');
    expect([resource.status.state, resource.has(range(0, 8))]).toEqual(['active', true]);
  });
});
