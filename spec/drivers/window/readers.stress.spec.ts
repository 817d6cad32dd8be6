import { describe, it } from '@jest/globals';

import { EVICTED_READS, expectNothingWrong } from '../../support/evicted-reads.js';
import { TestThread } from '../../support/threads.js';

describe('bytes of a window, read while its owner gives their places to others at full speed', () => {
  it.each(EVICTED_READS)(
    'are never those of another block or version, in three threads that call %s',
    (...row) => expectNothingWrong(new TestThread('window-owner'), row),
    240_000,
  );
});
