import { describe, it } from '@jest/globals';
import { resourceSpecs } from './core-specs.js';
import { runSuites } from './run-suites.js';
import { expectPassed } from './suite-page.js';

const suites = await runSuites(resourceSpecs, { in: 'worker', isolated: true, driver: 'window' });

describe.each(suites)('$file, over windows, in Chromium', ({ tests }) => {
  it.each(tests)('$title', (test) => expectPassed(test));
});
