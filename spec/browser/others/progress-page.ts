import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import sirv from 'sirv';
import { buildPage, headerMd5, song } from '../../examples/progress-page/page.js';
import { type Exchange, TestServer } from '../../http/test-server.js';
import { ISOLATION } from '../isolation.js';
import { type DrivenBrowser, type DrivenPage, until } from './driven.js';

/** Before any script of the page: no driver tells of what goes wrong there. */
const LISTEN = `<script>
  globalThis.complaints = [];
  const complain = (what) => complaints.push(String(what?.stack ?? what));
  addEventListener('error', ({ error, message }) => complain(error ?? message));
  addEventListener('unhandledrejection', ({ reason }) => complain(reason));
  console.error = console.warn = (...all) => complain(all.join(' '));
</script>`;

/** In the page only. */
declare const complaints: readonly string[];

/**
 * The progress page downloads a song, and decodes it in a worker, to the MD5 of its header.
 *
 * @param keptIn - where the page can keep songs: see its `open-store.ts`
 */
export async function expectDecodedSong(browser: DrivenBrowser, keptIn: 'files' | 'tabs'): Promise<void> {
  const server = await serveSong();
  const tab = await browser.open();
  try {
    await openPage(tab, server, keptIn);
    await expectDecoded(tab);
  } finally {
    await tab.close();
  }
}

/** Two tabs of the progress page have one song, and the second has it when the first is closed. */
export async function expectSharedSong(browser: DrivenBrowser): Promise<void> {
  const server = await serveSong();
  const first = await browser.open();
  const second = await first.beside?.();
  if (second === undefined) throw new Error(`${browser.name} has one tab at a time.`);
  try {
    for (const tab of [first, second]) await openPage(tab, server, 'files');
    await expectDecoded(first);
    const { length } = songsOf(server);
    expect(length).toBeGreaterThan(0);
    await until(second, 'the other tab has it', () => document.body.textContent.includes('1 song'));
    await first.leave?.();
    await expectDecoded(second);
    expect(songsOf(server)).toHaveLength(length);
  } finally {
    await second.close();
  }
}

async function openPage(tab: DrivenPage, server: TestServer, keptIn: string): Promise<void> {
  await tab.goto(server.origin);
  await until(tab, 'the store is open', (kept) => document.querySelector(`[data-kept=${kept}]`) !== null, keptIn);
}

async function serveSong(): Promise<TestServer> {
  const folder = await buildPage();
  const index = readFileSync(join(folder, 'index.html'), 'utf8').replace('<head>', `<head>${LISTEN}`);
  const files = sirv(folder, { dev: true, setHeaders: (response) => response.setHeaders(new Headers(ISOLATION)) });
  const server = await TestServer.start(song, '"1"');
  server.handle = (exchange) => {
    const { request, response } = exchange;
    if (isSong(request.url)) return server.serve(exchange);
    if (request.url !== '/') files(request, response);
    else response.setHeaders(new Headers({ ...ISOLATION, 'content-type': 'text/html' })).end(index);
    return undefined;
  };
  return server;
}

async function expectDecoded(tab: DrivenPage): Promise<void> {
  await tab.evaluate(() => {
    const buttons = [...document.querySelectorAll('button')];
    buttons.find(({ textContent }) => textContent.trim() === 'Load the sample')?.click();
  });
  const isFull = (): boolean =>
    document.querySelector('[role=progressbar][aria-label=Downloaded]')?.ariaValueNow === '100';
  await until(tab, 'all of it is downloaded', isFull);
  await until(tab, 'it is decoded', (md5) => document.body.textContent.includes(md5), headerMd5);
  expect(await tab.evaluate(() => complaints)).toEqual([]);
}

function songsOf({ exchanges }: TestServer): Exchange[] {
  return exchanges.filter(({ request }) => isSong(request.url));
}

function isSong(url = ''): boolean {
  return url.endsWith('.flac');
}
