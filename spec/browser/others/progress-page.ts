import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import sirv from 'sirv';
import { buildPage, headerMd5, song } from '../../examples/progress-page/page.js';
import { TestServer } from '../../http/test-server.js';
import { ISOLATION } from '../isolation.js';
import { type DrivenBrowser, until } from './driven.js';

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

/** The progress page downloads a song, and decodes it in a worker, to the MD5 of its header. */
export async function expectDecodedSong(browser: DrivenBrowser): Promise<void> {
  const folder = await buildPage();
  const index = readFileSync(join(folder, 'index.html'), 'utf8').replace('<head>', `<head>${LISTEN}`);
  const files = sirv(folder, { dev: true, setHeaders: (response) => response.setHeaders(new Headers(ISOLATION)) });
  const server = await TestServer.start(song, '"1"');
  server.handle = (exchange) => {
    const { request, response } = exchange;
    if (request.url?.endsWith('.flac') === true) return server.serve(exchange);
    if (request.url !== '/') files(request, response);
    else response.setHeaders(new Headers({ ...ISOLATION, 'content-type': 'text/html' })).end(index);
    return undefined;
  };
  const tab = await browser.open();
  try {
    await tab.goto(server.origin);
    await tab.evaluate(() => {
      const buttons = [...document.querySelectorAll('button')];
      buttons.find(({ textContent }) => textContent.trim() === 'Load the sample')?.click();
    });
    const isFull = (): boolean =>
      document.querySelector('[role=progressbar][aria-label=Downloaded]')?.ariaValueNow === '100';
    await until(tab, 'all of it is downloaded', isFull);
    await until(tab, 'it is decoded', (md5) => document.body.textContent.includes(md5), headerMd5);
    expect(await tab.evaluate(() => complaints)).toEqual([]);
  } finally {
    await tab.close();
  }
}
