import { createHash } from 'node:crypto';
import type { Browser, Page } from 'playwright-core';
import { content } from '../http/fixtures.js';
import { type Cors, type Exchange, TestServer } from '../http/test-server.js';
import { bundle, type Site } from './bundle.js';
import { launchChromium } from './chromium.js';
import type { Scope } from './http-page.js';
import { answerFrom, serveSite, type SiteServer } from './site-server.js';

declare global {
  /** In the page only. */
  var page: Scope;
}

/**
 * Isolated, as the page of an app with decoders in workers is: what it loads from elsewhere needs
 * permission.
 */
const PAGE = { script: '/spec/browser/http-page.js', isolated: true };

export const SHA = createHash('sha256').update(content).digest('hex');

export interface Opened {
  readonly server: TestServer;
  readonly page: Page;
}

/** Pages in Chromium that have our library, and servers of {@link content}. */
export class HttpPages {
  readonly #browser: Browser;
  readonly #site: Site;
  readonly #elsewhere: SiteServer;

  private constructor(browser: Browser, site: Site, elsewhere: SiteServer) {
    this.#browser = browser;
    this.#site = site;
    this.#elsewhere = elsewhere;
  }

  static async launch(): Promise<HttpPages> {
    const site = await bundle(['spec/browser/http-page.ts']);
    const elsewhere = await serveSite(site, PAGE);
    try {
      return new HttpPages(await launchChromium(), site, elsewhere);
    } catch (error) {
      elsewhere[Symbol.dispose]();
      throw error;
    }
  }

  /** A server, and a page that comes from it. */
  async sameOrigin(): Promise<Opened> {
    const server = await TestServer.start(content, '"v1"');
    server.handle = ({ request, response }) => {
      answerFrom(this.#site, PAGE, request.url ?? '/', response);
    };
    const page = await this.#open(server.origin);
    server.handle = (exchange) => server.serve(exchange, server.manners);
    server.exchanges = [];
    return { server, page };
  }

  /** A server, and a page of another origin. */
  async otherOrigin(cors?: Cors): Promise<Opened> {
    const server = await TestServer.start(content, '"v1"');
    server.cors = cors;
    return { server, page: await this.#open(this.#elsewhere.origin) };
  }

  async closePages(): Promise<void> {
    await Promise.all(this.#browser.contexts().map((context) => context.close()));
  }

  async close(): Promise<void> {
    await this.#browser.close();
    this.#elsewhere[Symbol.dispose]();
  }

  async #open(address: string): Promise<Page> {
    const page = await this.#browser.newPage();
    await page.goto(address);
    await page.waitForFunction(() => 'page' in globalThis);
    return page;
  }
}

/** What a download has come to in a page. */
export interface Outcome {
  /** The digest of all that was committed. */
  readonly sha?: string;
  readonly identity?: string;
  readonly code?: string;
  readonly message?: string;
}

export interface PageDownloadOptions {
  readonly chunkSize?: number;
  readonly headers?: Record<string, string>;
}

/** Downloads in the page; failures are made good once. */
export function downloadIn(page: Page, url: string, options: PageDownloadOptions = {}): Promise<Outcome> {
  return page.evaluate(
    async ([address, given]) => {
      const { download, lastValueFrom, MemDriver, Resource } = globalThis.page;
      const resource = Resource.open(new MemDriver());
      try {
        await lastValueFrom(download(resource, address, { ...given, retry: { count: 1, delay: 0 } }));
        const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', resource.readAll()));
        const sha = [...digest].map((byte) => byte.toString(16).padStart(2, '0')).join('');
        return { sha, identity: resource.identity };
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        return { code, message };
      }
    },
    [url, options] as const,
  );
}

/** The `Range` of each request; undefined: everything. */
export function rangesOf(exchanges: readonly Exchange[]): (string | undefined)[] {
  return exchanges.map(({ request }) => request.headers.range);
}
