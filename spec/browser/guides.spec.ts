import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { content, other } from '../http/fixtures.js';
import { type Exchange, TestServer } from '../http/test-server.js';
import { launchChromium } from './chromium.js';
import { bundleGuide } from './guide.js';
import { rangesOf } from './http-pages.js';
import { answerFrom } from './site-server.js';

const PAGE = { script: '/guide.js', isolated: false };
const SONG = readFileSync('node_modules/audio-lena/lena.mp3');

let browser: Browser;
beforeAll(async () => {
  browser = await launchChromium();
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => browser.close());

/**
 * A page with the program of a guide, what it prints, and the server of both the page and the song.
 */
async function open(
  guide: string,
  song: Buffer,
  change: (server: TestServer) => void,
): Promise<{ server: TestServer; page: Page; printed: string[] }> {
  const server = await TestServer.start(song, '"v1"');
  const site = new Map([[PAGE.script, await bundleGuide(guide, server.origin)]]);
  server.handle = (exchange) => {
    const { url = '/' } = exchange.request;
    if (url !== '/' && !site.has(url)) return server.serve(exchange);
    answerFrom(site, PAGE, url, exchange.response);
    return undefined;
  };
  change(server);
  const page = await browser.newPage();
  const printed: string[] = [];
  page.on('console', (message) => printed.push(message.text()));
  page.on('pageerror', ({ message }) => printed.push(message));
  await page.goto(server.origin);
  return { server, page, printed };
}

describe('the guide to playing while it downloads', () => {
  it('plays by MediaSource before all is there, from where the user seeks, to the end', async () => {
    const { server, page, printed } = await open('play-while-it-downloads.md', SONG, (slow) => {
      slow.bytesPerSecond = 200_000;
      // The other half takes 20 seconds, unless something is played before.
      slow.slowdown = { after: SONG.length / 2, bytesPerSecond: 5000 };
    });
    await page.waitForSelector('audio', { state: 'attached' });
    await page.evaluate(() => {
      const audio = document.querySelector('audio') as HTMLAudioElement;
      audio.muted = true; // else a page plays only what the user has started
      return audio.play();
    });
    await page.waitForFunction(() => (document.querySelector('audio')?.currentTime ?? 0) > 0);
    expect(server.sent).toBeLessThan(SONG.length);
    server.bytesPerSecond = 200_000;
    const played = await page.evaluate(async () => {
      const audio = document.querySelector('audio') as HTMLAudioElement;
      audio.currentTime = 11;
      await new Promise((resolve) => audio.addEventListener('ended', resolve));
      return { seconds: Math.floor(audio.currentTime), error: audio.error?.message };
    });
    expect(played).toEqual({ seconds: 12 });
    expect(printed).toEqual([]);
  });
});

describe('the guide to surviving a reload', () => {
  const BLOCK = 2 ** 18; // of the guide
  const GUIDE = 'survive-a-crash-or-a-reload.md';

  /** Waits until so many things are kept. */
  async function kept(page: Page, count: number): Promise<void> {
    const keys = () => page.evaluate(async () => (await (await caches.open('songs')).keys()).length);
    while ((await keys()) < count) await delay(20);
  }

  /** What was asked for besides the page. */
  function songsOf({ exchanges }: TestServer): Exchange[] {
    return exchanges.filter(({ request }) => request.url?.startsWith('/lena.'));
  }

  async function until(printed: readonly string[], line: string, page: Page): Promise<void> {
    while (!printed.includes(line)) await page.waitForEvent('console');
  }

  it('goes on after a reload with the blocks that were kept, and asks for nothing once all are', async () => {
    const { server, page, printed } = await open(GUIDE, content, (poor) => {
      poor.budget = 2.5 * BLOCK;
    });
    await kept(page, 3); // two blocks, and what is known of them

    server.budget = Infinity;
    server.exchanges = [];
    await page.reload();
    await until(printed, 'complete', page);
    expect(printed).toEqual(['0 bytes were kept', `${2 * BLOCK} bytes were kept`, 'complete']);
    expect(rangesOf(songsOf(server))).toEqual([`bytes=${2 * BLOCK}-${content.length - 1}`]);

    await kept(page, 5);
    server.exchanges = [];
    printed.length = 0;
    await page.reload();
    await until(printed, 'complete', page);
    expect([printed, songsOf(server)]).toEqual([[`${content.length} bytes were kept`, 'complete'], []]);
  });

  it('starts anew where the server has another version', async () => {
    const { server, page, printed } = await open(GUIDE, content, (poor) => {
      poor.budget = 1.5 * BLOCK;
    });
    await kept(page, 2);

    server.budget = Infinity;
    server.content = other;
    server.etag = '"v2"';
    printed.length = 0;
    await page.reload();
    await until(printed, 'complete', page);
    expect(printed).toEqual([
      `${BLOCK} bytes were kept`,
      expect.stringContaining('the content has changed'),
      '0 bytes were kept',
      'complete',
    ]);
    await kept(page, 5);
    const bytes = await page.evaluate(async () => {
      const cache = await caches.open('songs');
      const blocks = (await cache.keys()).filter(({ url }) => !url.endsWith('about'));
      const texts = await Promise.all(blocks.map(async (block) => (await cache.match(block))?.text()));
      return texts.join('');
    });
    expect(bytes === other.toString()).toBe(true);
  });
});
