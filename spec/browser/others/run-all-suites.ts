import { coreSpecs } from '../core-specs.js';
import { bundleSuites, runSuitesIn, type SuiteResult, type SuitesHost } from '../run-suites.js';
import { type DrivenBrowser, suiteHost } from './driven.js';
import { type KnownFailure, runIn } from './known-failures.js';

/** How long all of them may take, in milliseconds: some five times as long as they do. */
const ALL = 900_000;
/** Fewer than in Chromium, which has the same tests. */
const FUZZ_RUNS = 10;

const ON_PAGES = ['spec/browser/suites/page.ts'];
const NOT_ISOLATED = ['spec/browser/suites/not-isolated.ts', 'spec/browser/suites/remote.ts'];

/**
 * Runs the core's specs and the suites that are about browsers, in one that stays open: close it.
 */
export async function runAllSuites(
  launch: () => Promise<DrivenBrowser>,
  known: readonly KnownFailure[],
  how: Pick<SuitesHost, 'atOnce' | 'threads'>,
): Promise<{ browser: DrivenBrowser; suites: SuiteResult[] }> {
  const inWorkers = runIn(known, [...coreSpecs, 'spec/browser/suites/opfs.ts']);
  const site = await bundleSuites([...inWorkers, ...ON_PAGES, ...NOT_ISOLATED], { fuzzRuns: FUZZ_RUNS });
  const browser = await launch();
  const host: SuitesHost = {
    ...how,
    open: async () => suiteHost(await browser.open()),
    until: performance.now() + ALL,
  };
  try {
    const suites = [
      ...(await runSuitesIn(host, site, inWorkers, { in: 'worker', isolated: true })),
      ...(await runSuitesIn(host, site, ON_PAGES, { in: 'page', isolated: true })),
      ...(await runSuitesIn(host, site, NOT_ISOLATED, { in: 'page', isolated: false })),
    ];
    return { browser, suites };
  } catch (error) {
    await browser.close();
    throw error;
  }
}
