import { bundle, type BundleOptions, type Site } from './bundle.js';
import { launchChromium } from './chromium.js';
import { threadFixtures } from './core-specs.js';
import { serveSite } from './site-server.js';
import { type BrowserTest, inChromium, type SuiteHost, SuitePage } from './suite-page.js';

export interface SuiteResult {
  /** The spec, from the root of the project. */
  readonly file: string;
  readonly tests: readonly BrowserTest[];
}

export interface SuiteOptions extends BundleOptions {
  /** Where the tests run: a worker may block, the page may not. */
  readonly in: 'worker' | 'page';
  /** Whether the page is cross-origin isolated, and so may share memory. */
  readonly isolated: boolean;
}

const ENTRIES = ['spec/browser/page.ts', 'spec/browser/suite.ts', ...threadFixtures];
/** How many suites run at a time in Chromium. */
const AT_ONCE = 3;

/**
 * Runs specs in Chromium. What goes wrong beside the tests of a spec is one more test, which
 * failed.
 */
export async function runSuites(files: readonly string[], options: SuiteOptions): Promise<SuiteResult[]> {
  const site = await bundleSuites(files, options);
  await using browser = await launchChromium();
  const context = await browser.newContext();
  return await runSuitesIn(
    { open: async () => inChromium(await context.newPage()), atOnce: AT_ONCE },
    site,
    files,
    options,
  );
}

/** Bundles specs for {@link runSuitesIn}. */
export function bundleSuites(files: readonly string[], options?: BundleOptions): Promise<Site> {
  return bundle([...files, ...ENTRIES], options);
}

/** Where suites run. */
export interface SuitesHost {
  /** Opens one more page. */
  readonly open: () => Promise<SuiteHost>;
  /** How many suites run at a time. */
  readonly atOnce: number;
  /** Who starts the threads of a suite. `@default` itself */
  readonly threads?: 'page';
  /** When no suite is begun any more, as `performance.now()` has it. `@default` never */
  readonly until?: number;
}

/** Runs specs of a site in the pages of a browser. */
export async function runSuitesIn(
  { open, atOnce, threads, until = Infinity }: SuitesHost,
  site: Site,
  files: readonly string[],
  options: Pick<SuiteOptions, 'in' | 'isolated'>,
): Promise<SuiteResult[]> {
  using server = await serveSite(site, { script: '/spec/browser/page.js', isolated: options.isolated });
  const search = new URLSearchParams({ in: options.in });
  if (threads !== undefined) search.set('threads', threads);
  // Threads have the longest ones, and come late in the alphabet: the others fill the gaps.
  const waiting = [...files];
  const results = new Map<string, readonly BrowserTest[]>();
  const runSome = async (): Promise<void> => {
    let page = await SuitePage.open(await open());
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const script = file.replace(/\.ts$/, '.js');
      const tests =
        performance.now() < until
          ? await page.run(`${server.origin}/?${search.toString()}&suite=/${script}`)
          : [{ title: 'is begun in time', error: 'The suites before it have taken too long.' }];
      results.set(file, tests);
      if (page.broken) page = await SuitePage.open(await open());
    }
    await page.close();
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, runSome));
  return files.map((file) => ({ file, tests: results.get(file) ?? [] }));
}
