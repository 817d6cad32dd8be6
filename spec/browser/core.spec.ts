import { describe, expect, it } from '@jest/globals';
import { coreSpecs, staleExclusions } from './core-specs.js';
import { runSuites } from './run-suites.js';
import { expectPassed } from './suite-page.js';

// In a worker: a page must not block, so what the main thread does in Node would be forbidden
// there.
const suites = await runSuites(coreSpecs, { in: 'worker', isolated: true });

describe.each(suites)('$file, in Chromium', ({ tests }) => {
  it.each(tests)('$title', (test) => expectPassed(test));
});

it('the list of what runs in no browser names nothing that is not there', () => {
  expect(staleExclusions).toEqual([]);
});
