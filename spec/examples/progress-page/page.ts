import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual, promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, expect } from '@jest/globals';
import lena from 'audio-lena';
import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import sirv from 'sirv';
import { launchChromium } from '../../browser/chromium.js';
import { ISOLATION } from '../../browser/isolation.js';
import { type Exchange, TestServer } from '../../http/test-server.js';
import { STREAMINFO_MD5 } from '../stereo-flac.js';

/** The progress page as it is built, from a real server, in a real browser, with real songs. */

export const song = readFileSync(lena.url('flac'));
/** The MD5 of the samples, as the FLAC header has it. */
export const headerMd5 = song.subarray(STREAMINFO_MD5.start, STREAMINFO_MD5.end).toString('hex');

let folder: string;
let browser: Browser | undefined;
const opened: OpenPage[] = [];

/**
 * Builds the page before the tests, and starts a browser. Whatever it writes into its console has
 * to be expected.
 */
export function usePage(): void {
  beforeAll(async () => {
    folder = await buildPage();
    browser = await launchChromium();
  });
  afterEach(async () => {
    const pages = opened.splice(0);
    await Promise.all(pages.map(({ page }) => page.context().close()));
    for (const { complaints, expected } of pages) {
      expect(complaints.filter((text) => !expected.some((part) => text.includes(part)))).toEqual([]);
    }
  });
  afterAll(async () => {
    await browser?.close();
  });
}

/** Once for all tests of a run, whichever are the first. */
export async function buildPage(): Promise<string> {
  const run = process.env.RUN_FOLDER ?? tmpdir();
  const built = join(run, 'progress-page');
  if (existsSync(built)) return built;
  const building = join(run, randomUUID());
  const vite = ['node_modules/vite/bin/vite.js', 'build', '--config', 'examples/progress-page/vite.config.js'];
  await promisify(execFile)(process.execPath, [...vite, '--outDir', building, '--emptyOutDir', '--logLevel', 'warn']);
  // Another worker may have been faster: then this fails, and that one's is there.
  await rename(building, built).catch(() => undefined);
  return built;
}

export interface OpenPage {
  readonly page: Page;
  readonly server: TestServer;
  /** Errors and warnings in the console, and exceptions. */
  readonly complaints: string[];
  /** Parts of complaints that belong to the test. */
  readonly expected: string[];
  /** The requests for the song. */
  readonly requests: () => Exchange[];
  /** The same page in another tab of the same browser. */
  readonly openTab: () => Promise<Page>;
}

/** Opens the page, which has the sample at its side, unless it is to be unable to share memory. */
export async function openPage(
  options: {
    readonly isolated?: boolean;
    readonly content?: Buffer;
    /** Of the song; everything else comes at once. */
    readonly bytesPerSecond?: number;
    readonly context?: BrowserContextOptions;
    /** The browser lets no worker keep files. */
    readonly withoutFiles?: boolean;
    /** It has no Web Locks, as where a page does not come by `https:`. */
    readonly withoutLocks?: boolean;
  } = {},
): Promise<OpenPage> {
  const { isolated = true, content = song, bytesPerSecond = Infinity, context } = options;
  const { withoutFiles = false, withoutLocks = false } = options;
  const server = await TestServer.start(content, '"1"');
  server.bytesPerSecond = bytesPerSecond;
  server.handle = withPage(server, isolated);
  if (withoutFiles) forbidFiles(server);
  if (browser === undefined) throw new Error('The tests of this file do not call usePage().');
  const within = await browser.newContext(context);
  if (withoutLocks) await within.addInitScript(() => Object.defineProperty(navigator, 'locks', { value: undefined }));
  const complaints: string[] = [];
  const openTab = async (): Promise<Page> => {
    const page = await within.newPage();
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await page.goto(server.origin);
    return page;
  };
  const page = await openTab();
  const requests = (): Exchange[] => server.exchanges.filter(({ request }) => isSong(request.url));
  const open = { page, server, complaints, expected: [], requests, openTab };
  opened.push(open);
  return open;
}

/** What becomes of requests for the song: the server's own way, or another. */
export function withPage(
  server: TestServer,
  isolated = true,
  serve: (exchange: Exchange) => unknown = (exchange) => server.serve(exchange),
): (exchange: Exchange) => unknown {
  const files = sirv(folder, {
    dev: true,
    setHeaders: (response) => response.setHeaders(new Headers(isolated ? ISOLATION : {})),
  });
  return (exchange) => {
    const { request, response } = exchange;
    if (isSong(request.url)) return serve(exchange);
    files(request, response);
    return undefined;
  };
}

/** Takes the file system from the worker that runs the store. */
function forbidFiles(server: TestServer): void {
  const { handle } = server;
  server.handle = (exchange) => {
    const { request, response } = exchange;
    const [, script] = /\/(assets\/store-worker[^/]*\.js)$/.exec(request.url ?? '') ?? [];
    if (script === undefined) return handle(exchange);
    const code = readFileSync(join(folder, script), 'utf8');
    response.setHeaders(new Headers({ ...ISOLATION, 'content-type': 'text/javascript' }));
    return response.end(`delete StorageManager.prototype.getDirectory;${code}`);
  };
}

/** Waits until an element has a text that matches; fails with the text that it has instead. */
export async function untilShown(page: Page, id: string, pattern: RegExp): Promise<void> {
  try {
    await page.waitForFunction(
      ([name = '', source = '']) => new RegExp(source).test(document.getElementById(name)?.textContent ?? ''),
      [id, pattern.source],
      { timeout: 20_000 },
    );
  } catch {
    expect(await textOf(page, id)).toMatch(pattern);
  }
}

export async function textOf(page: Page, id: string): Promise<string> {
  return (await page.locator(`#${id}`).textContent()) ?? '';
}

/** The text of an element, once it stands still: a busy page draws late. */
export async function restingText(page: Page, id: string): Promise<string> {
  for (;;) {
    const text = await textOf(page, id);
    await page.waitForTimeout(500);
    if ((await textOf(page, id)) === text) return text;
  }
}

/** The song is decoded, from its first to its last sample, as its header says. */
export async function expectDecoded(page: Page): Promise<void> {
  await untilShown(page, 'message', /MD5/);
  expect(await textOf(page, 'message')).toContain(`MD5 is ${headerMd5}, the one in the file’s header`);
  await untilShown(page, 'decoded', /^100 %$/);
  await untilShown(page, 'downloaded', /^100 %$/);
}

/** A row of the list of stored songs. */
export function rowOf(page: Page, name: string): Locator {
  return page.getByRole('listitem').filter({ has: page.getByRole('button', { name, exact: true }) });
}

/** Opens a song that is stored. */
export async function openStored(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name, exact: true }).click();
}

/** Points at the stage of an open song, where 0 is its left edge and 1 its right one. */
export async function clickAt(page: Page, fraction: number): Promise<void> {
  await page.locator('#slider[aria-disabled="false"]').waitFor();
  const box = await page.getByRole('slider').boundingBox();
  if (box === null) throw new Error('The slider is not there.');
  await page.mouse.click(box.x + fraction * box.width, box.y + box.height / 2);
}

/** Of the slider, in seconds, or in hundredths as long as the song is unknown. */
export async function position(page: Page): Promise<number> {
  return Number(await page.getByRole('slider').getAttribute('aria-valuenow'));
}

/**
 * In what share of a canvas's columns there is something in each of these colours of the style
 * sheet.
 */
export async function columnsIn(page: Page, id: string, colors: readonly string[]): Promise<Record<string, number>> {
  return page.evaluate(
    ([name, ...properties]) => {
      const canvas = document.getElementById(name) as HTMLCanvasElement;
      const { width, height } = canvas;
      // A copy: to read from the canvas itself would change how it is drawn from then on.
      const copy = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
      copy?.drawImage(canvas, 0, 0);
      const pixels = new Uint32Array(copy?.getImageData(0, 0, width, height).data.buffer ?? new ArrayBuffer());
      const shares = properties.map((property) => {
        const hex = getComputedStyle(canvas).getPropertyValue(property);
        const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
        const color = new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0];
        const columns = Array.from({ length: width }, (_, x) =>
          Array.from({ length: height }, (_row, y) => pixels[y * width + x]).includes(color),
        );
        return [property, columns.filter(Boolean).length / width] as const;
      });
      return Object.fromEntries(shares);
    },
    [id, ...colors] as const,
  );
}

/** Waits until {@link columnsIn} are these; fails with those that there are instead. */
export async function untilDrawn(page: Page, id: string, shares: Readonly<Record<string, number>>): Promise<void> {
  let drawn: Record<string, number> = {};
  for (let round = 0; round < 100; round++) {
    drawn = await columnsIn(page, id, Object.keys(shares));
    if (isDeepStrictEqual(drawn, shares)) return;
    await page.waitForTimeout(50);
  }
  expect(drawn).toEqual(shares);
}

function isSong(url: string | undefined): boolean {
  return url?.endsWith('.flac') === true;
}
