import { setTimeout as delay } from 'node:timers/promises';
import type { News } from '../suite-events.js';
import type { SuiteHost } from '../suite-page.js';

/** How often something is looked for, in milliseconds. */
const EVERY = 50;

/** How long {@link until} waits, in milliseconds. */
const PATIENCE = 60_000;

/** A browser that is driven by WebDriver, the old one or BiDi. */
export interface DrivenBrowser {
  /** With its version. */
  readonly name: string;
  /** Opens a page in a profile of its own. */
  open(): Promise<DrivenPage>;
  close(): Promise<void>;
}

/** One of its pages. */
export interface DrivenPage {
  /** Resolves when it has loaded. */
  goto(address: string): Promise<unknown>;
  /** Runs a function in the page, which must use nothing but its arguments, copied as JSON. */
  evaluate<A extends readonly unknown[], R>(run: (...args: A) => R, ...args: A): Promise<Awaited<R>>;
  /** Opens another one of the same profile; undefined where there is one at a time. */
  beside?(): Promise<DrivenPage>;
  /** Closes it alone. */
  leave?(): Promise<void>;
  /** Closes it, and all of its profile. */
  close(): Promise<void>;
}

/** Runs suites in such a page. */
export function suiteHost(page: DrivenPage): SuiteHost {
  let listener: (news: News) => void = () => undefined;
  // From the page's load to the end of its suite: a call that is on its way when the page leaves is
  // answered late, or never.
  const hear = async (): Promise<void> => {
    for (;;) {
      // Its script may not have run yet.
      const heard = await page.evaluate(() => ('news' in globalThis ? globalThis.news() : undefined));
      if (heard === undefined) await delay(EVERY);
      for (const news of heard ?? []) {
        listener(news);
        if (news.type === 'done' || news.type === 'broken') return;
      }
    }
  };
  let isOpen = true;
  const lost = (error: unknown): void => {
    if (isOpen) listener({ type: 'lost', title: 'answers', error: String(error) });
  };
  return {
    listen(given) {
      listener = given;
      return Promise.resolve();
    },
    async goto(address) {
      await page.goto(address);
      hear().catch(lost);
    },
    close() {
      isOpen = false;
      return page.close();
    },
  };
}

/** Resolves when something has become true in a page; fails with what is said of it. */
export async function until<A extends readonly unknown[]>(
  page: DrivenPage,
  what: string,
  isSo: (...args: A) => boolean,
  ...args: A
): Promise<void> {
  const end = performance.now() + PATIENCE;
  while (!(await page.evaluate(isSo, ...args))) {
    if (performance.now() > end) throw new Error(`Within ${PATIENCE / 1000} s it did not come true that ${what}.`);
    await delay(EVERY);
  }
}
