import { describe, it } from '@jest/globals';
import { runSuites } from './run-suites.js';
import { expectPassed } from './suite-page.js';

const suites = await runSuites(['spec/browser/suites/opfs-store.ts'], { in: 'worker', isolated: true });

describe.each(suites)('$file, in Chromium', ({ tests }) => {
  it.each(tests)('$title', (test) => expectPassed(test));
});
