import { describe, it } from '@jest/globals';

import { EVICTED_READS, expectNothingWrong } from '../support/evicted-reads.js';
import { TestThread } from '../support/threads.js';

describe('bytes that are read while their owner evicts and rewrites them at full speed', () => {
  it.each(EVICTED_READS)(
    'are never those of another block or version, in three threads that call %s',
    (...row) => expectNothingWrong(new TestThread('evicting-owner'), row),
    240_000,
  );
});
