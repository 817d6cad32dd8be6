import { bundle, type BundleOptions } from './bundle.js';
import { launchChromium } from './chromium.js';
import { threadFixtures } from './core-specs.js';
import { serveSite } from './site-server.js';
import { type BrowserTest, SuitePage } from './suite-page.js';

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
/** How many suites run at a time. */
const AT_ONCE = 3;

/**
 * Runs specs in Chromium. What goes wrong beside the tests of a spec is one more test, which
 * failed.
 */
export async function runSuites(files: readonly string[], options: SuiteOptions): Promise<SuiteResult[]> {
  const site = await bundle([...files, ...ENTRIES], options);
  await using browser = await launchChromium();
  using server = await serveSite(site, { script: '/spec/browser/page.js', isolated: options.isolated });
  const context = await browser.newContext();
  // Threads have the longest ones, and come late in the alphabet: the others fill the gaps.
  const waiting = [...files];
  const results = new Map<string, readonly BrowserTest[]>();
  const runSome = async (): Promise<void> => {
    const open = async (): Promise<SuitePage> => SuitePage.open(await context.newPage());
    let page = await open();
    for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
      const script = file.replace(/\.ts$/, '.js');
      results.set(file, await page.run(`${server.origin}/?in=${options.in}&suite=/${script}`));
      if (page.broken) page = await open();
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, runSome));
  return files.map((file) => ({ file, tests: results.get(file) ?? [] }));
}
