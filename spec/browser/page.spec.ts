import { describe, it } from '@jest/globals';
import { runSuites } from './run-suites.js';
import { expectPassed } from './suite-page.js';

const suites = [
  ...(await runSuites(['spec/browser/suites/page.ts'], { in: 'page', isolated: true })),
  ...(await runSuites(['spec/browser/suites/not-isolated.ts'], { in: 'page', isolated: false })),
  ...(await runSuites(['spec/browser/suites/remote.ts'], { in: 'page', isolated: false })),
  ...(await runSuites(['spec/browser/suites/memory.ts'], { in: 'worker', isolated: true })),
];

describe.each(suites)('$file, in Chromium', ({ tests }) => {
  it.each(tests)('$title', (test) => expectPassed(test));
});
