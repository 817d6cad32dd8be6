import { describe, it } from '@jest/globals';
import { stressSpecs } from './core-specs.js';
import { runSuites } from './run-suites.js';
import { expectPassed } from './suite-page.js';

// `core.spec.ts` has their short versions.
const suites = await runSuites(stressSpecs, { in: 'worker', isolated: true, fuzzRuns: 100 });

describe.each(suites)('$file, in Chromium', ({ tests }) => {
  it.each(tests)('$title', (test) => expectPassed(test));
});
