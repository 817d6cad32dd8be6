import { afterEach, describe, expect, it } from '@jest/globals';

import { closeAll, open } from '../support/resources.js';
import { TestThread } from '../support/threads.js';
import { bytes } from '../support/bytes.js';

afterEach(closeAll);

/**
 * A snapshot loads some 4,000 words of these: at 25 µs each it takes longer than any pause that is
 * asked for without knowing that.
 */
const RANGES = 1000;
const MICROSECONDS = 25;
/** In milliseconds; past this the snapshot does not come. */
const STARVED = 20_000;

describe('a reader whose snapshot takes long', () => {
  it('gets it from an owner that writes without a pause', async () => {
    const resource = open();
    for (let index = 0; index < RANGES; index += 1) resource.writeAt(10 * index, bytes(1));
    const done = new Int32Array(new SharedArrayBuffer(4));
    const thread = new TestThread('slow-snapshot');
    const snapshot = thread.call<number>('snapshot', resource.createPort().handle, done, MICROSECONDS);
    // If it never comes, its thread is ended, and this is what fails then.
    snapshot.catch(() => undefined);
    const start = performance.now();
    // Each one changes the coverage, and none the number of ranges.
    for (let at = 10 * RANGES - 9; performance.now() - start < STARVED && Atomics.load(done, 0) === 0; at += 1) {
      resource.writeAt(at, bytes(1));
    }
    expect(Atomics.load(done, 0)).toBe(1);
    expect(await snapshot).toBe(RANGES);
  });
});
