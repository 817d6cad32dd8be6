import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { type Exchange, TestServer } from '../../http/test-server.js';
import type { Site } from '../bundle.js';
import { launchChromium } from '../chromium.js';
import { callerOf, module, script } from '../page-functions.js';
import { answerFrom } from '../site-server.js';
import type { Opening, page as shared } from './shared-page.js';

/** Tabs that share a store, of a browser profile of their own for each test. */

const SCRIPT = '/page.js';
let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), sharedSite()]);
}, 120_000);
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => browser.close());

async function sharedSite(): Promise<Site> {
  return new Map([
    [SCRIPT, await script("import { page } from './spec/browser/shared/shared-page.ts'; globalThis.page = page;")],
    ['/store-worker.js', await module('spec/browser/shared/store-worker.ts')],
    ['/failing-worker.js', await script("throw new Error('It is broken.');")],
    ['/sw.js', await script("import 'tidemark/service-worker';")],
  ]);
}

/** Calls one of the page's functions. */
export const call = callerOf<typeof shared>();

export class Tabs {
  readonly server: TestServer;
  readonly context: BrowserContext;

  private constructor(server: TestServer, context: BrowserContext) {
    this.server = server;
    this.context = context;
  }

  /** A server that gives pages, and its content at every address that names a song. */
  static async start(content: Buffer, isolated = false): Promise<Tabs> {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange: Exchange) => {
      const { url = '/' } = exchange.request;
      if (url.includes('song')) return server.serve(exchange, server.manners);
      answerFrom(site, { script: SCRIPT, isolated }, url, exchange.response);
      return undefined;
    };
    return new Tabs(server, await browser.newContext());
  }

  /** Requests for songs. */
  get asked(): Exchange[] {
    return this.server.exchanges.filter(({ request }) => request.url?.includes('song'));
  }

  /** How many bytes of songs were sent. */
  get sent(): number {
    return this.asked.reduce((sum, { sent }) => sum + sent, 0);
  }

  /** A tab that has not opened the store. */
  async blank(): Promise<Page> {
    const page = await this.context.newPage();
    await page.goto(this.server.origin);
    return page;
  }

  /** A tab that has. */
  async open(opening: Opening = {}): Promise<Page> {
    const page = await this.blank();
    const outcome = await call(page, 'open', { source: `${this.server.origin}/song`, ...opening });
    if (outcome !== 'open') throw new Error(`The store did not open: ${outcome}`);
    return page;
  }
}

/** What `read` of a page returns for these bytes. */
export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Resolves once `holds` does, of a page. */
export async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!(await holds())) await new Promise((resolve) => setTimeout(resolve, 20));
}
