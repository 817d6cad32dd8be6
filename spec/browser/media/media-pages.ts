import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { TestServer } from '../../http/test-server.js';
import type { Site } from '../bundle.js';
import { launchChromium } from '../chromium.js';
import { callerOf } from '../page-functions.js';
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
export const call = callerOf<MediaPage>();
