import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { TestServer } from '../../http/test-server.js';
import type { Site } from '../bundle.js';
import { launchChromium } from '../chromium.js';
import type { MediaPage } from './media-page.js';
import { mediaSite, serveSite } from './media-site.js';

/** Pages that serve media, each in a browser profile of its own. */

let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), mediaSite()]);
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => browser.close());

/** Opens a page, and a server that has a song. */
export async function start(
  song: Buffer,
  isolated = false,
): Promise<{ server: TestServer; context: BrowserContext; page: Page }> {
  const server = await TestServer.start(song, '"v1"');
  serveSite(server, site, isolated);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.origin);
  return { server, context, page };
}

/** Calls one of the page's functions. */
export function call<K extends keyof MediaPage>(
  page: Page,
  name: K,
  ...args: unknown[]
): Promise<Awaited<CallOf<MediaPage[K]>>> {
  return page.evaluate(
    ([key, given]) => {
      const { page: there } = globalThis as unknown as { page: Record<string, (...all: unknown[]) => unknown> };
      return there[key as string]?.(...given);
    },
    [name, args] as const,
  ) as Promise<Awaited<CallOf<MediaPage[K]>>>;
}
type CallOf<F> = F extends (...args: never[]) => infer R ? R : never;
