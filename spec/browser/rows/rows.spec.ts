import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { makeContent } from '../../http/fixtures.js';
import { TestServer } from '../../http/test-server.js';
import { bundle, type Site } from '../bundle.js';
import { launchChromium } from '../chromium.js';
import { answerFrom } from '../site-server.js';
import { LOADING } from './store-of-rows.js';

const content = makeContent(400_000);

let browser: Browser;
let site: Site;
beforeAll(async () => {
  site = await bundle(['spec/browser/rows/react-page.ts', 'spec/browser/rows/angular-page.ts']);
  browser = await launchChromium();
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => browser.close());

/** A page with rows that are all rendered, and what it complains of. */
async function open(framework: string): Promise<{ page: Page; printed: string[]; server: TestServer }> {
  const server = await TestServer.start(content, '"v1"');
  server.bytesPerSecond = 250_000;
  const script = `/spec/browser/rows/${framework}-page.js`;
  server.handle = (exchange) => {
    const { url = '/' } = exchange.request;
    if (url === '/song.flac') return server.serve(exchange);
    answerFrom(site, { script, isolated: false }, url, exchange.response);
    return undefined;
  };
  const page = await browser.newPage();
  const printed: string[] = [];
  page.on('console', (message) => {
    if (['warning', 'error'].includes(message.type())) printed.push(message.text());
  });
  page.on('pageerror', ({ message }) => printed.push(message));
  await page.goto(server.origin);
  await page.waitForFunction(() => document.querySelectorAll('li').length === 1000 && 'rows' in globalThis);
  return { page, printed, server };
}

const rendersIn = (page: Page): Promise<Record<string, number>> =>
  page.evaluate(() => ({ ...globalThis.rows.renders }));

/** Which rows were rendered since, and how often. */
async function renderedSince(before: Record<string, number>, page: Page): Promise<Record<string, number>> {
  const after = await rendersIn(page);
  const entries = Object.entries(after).map(([key, count]) => [key, count - (before[key] ?? 0)] as const);
  return Object.fromEntries(entries.filter(([, count]) => count > 0));
}

const textOf = (page: Page, row: number): Promise<string | null> => page.locator('li').nth(row).textContent();

describe.each([
  ["React's useSyncExternalStore, in StrictMode", 'react'],
  ["signals of Angular's toSignal", 'angular'],
])('a thousand rows by %s', (_what, framework) => {
  it('render only the one whose entry is downloaded, as it comes, and show one state at a time', async () => {
    const { page, printed } = await open(framework);
    const before = await rendersIn(page);
    await page.evaluate((key) => globalThis.rows.load(key), LOADING);
    const rendered = await renderedSince(before, page);
    expect(Object.keys(rendered)).toEqual([LOADING]);
    expect(rendered[LOADING]).toBeGreaterThan(3);
    expect(await textOf(page, 500)).toBe(`${LOADING}: 400000 of 400000`);
    const { torn, looks } = await page.evaluate(() => ({ torn: globalThis.rows.torn, looks: globalThis.rows.looks }));
    expect(looks).toBeGreaterThan(3);
    expect(torn).toBe(0);
    expect(printed).toEqual([]);
  });

  it('render only the one whose entry has changed', async () => {
    const { page, printed } = await open(framework);
    const before = await rendersIn(page);
    await page.evaluate(() => globalThis.rows.rename('row 7', 'Seven'));
    await page.waitForFunction(() => document.querySelectorAll('li')[7]?.textContent.startsWith('Seven'));
    expect(Object.keys(await renderedSince(before, page))).toEqual(['row 7']);
    expect(printed).toEqual([]);
  });
});
