import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { content, other } from '../http/fixtures.js';
import { type Exchange, TestServer } from '../http/test-server.js';
import { launchChromium } from './chromium.js';
import { bundleGuide } from './guide.js';
import { rangesOf } from './http-pages.js';
import { playedFrom, playMuted, plays } from './player.js';
import { answerFrom } from './site-server.js';

const PAGE = { script: '/guide.js', isolated: false };
const WORKER = '/worker.js';
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
  inWorker = false,
): Promise<{ server: TestServer; page: Page; printed: string[] }> {
  const server = await TestServer.start(song, '"v1"');
  const program = await bundleGuide(guide, server.origin);
  const starter = new TextEncoder().encode(`new Worker('${WORKER}', { type: 'module' })`);
  const site = inWorker
    ? new Map<string, Uint8Array>([
        [PAGE.script, starter],
        [WORKER, program],
      ])
    : new Map([[PAGE.script, program]]);
  server.handle = (exchange) => {
    const { url = '/' } = exchange.request;
    if (url !== '/' && !site.has(url)) return server.serve(exchange);
    answerFrom(site, PAGE, url, exchange.response);
    return undefined;
  };
  change(server);
  const page = await (await browser.newContext()).newPage();
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
    await playMuted(page);
    await plays(page);
    expect(server.sent).toBeLessThan(SONG.length);
    server.bytesPerSecond = 200_000;
    const played = await playedFrom(page, 11);
    expect(played).toEqual({ seconds: 12 });
    expect(printed).toEqual([]);
  });
});

/** Has a server give another script of a guide, too. */
function alsoServe(server: TestServer, path: string, script: Uint8Array): void {
  const { handle } = server;
  server.handle = (exchange) => {
    if (exchange.request.url !== path) return handle(exchange);
    return exchange.response.setHeader('content-type', 'text/javascript').end(script);
  };
}

describe('the guide to an audio element', () => {
  it('plays from where the user seeks while it downloads', async () => {
    const worker = await bundleGuide('audio-element.md', '', 'sw');
    const { server, page, printed } = await open('audio-element.md', SONG, (slow) => {
      alsoServe(slow, '/sw.js', worker);
      slow.bytesPerSecond = 50_000;
    });
    await page.waitForSelector('audio', { state: 'attached' });
    await playMuted(page);
    await plays(page);
    expect(server.sent).toBeLessThan(SONG.length);
    const played = await playedFrom(page, 11);
    expect([played, printed]).toEqual([{ seconds: 12 }, []]);
  });
});

describe('the guide to decoding without isolation', () => {
  it('reads in a worker what the page downloads', async () => {
    const worker = await bundleGuide('decode-without-isolation.md', '', 'decode-worker');
    const { printed } = await open(
      'decode-without-isolation.md',
      readFileSync('node_modules/audio-lena/lena.flac'),
      (slow) => {
        alsoServe(slow, '/decode-worker.ts', worker);
        slow.bytesPerSecond = 1_000_000;
      },
    );
    while (printed.length === 0) await delay(20);
    expect(printed).toEqual([expect.stringMatching(/^\d+ packets of 44100 Hz$/)]);
  });
});

describe('the guide to one store for all tabs', () => {
  it('reads a song in one tab, and shows it in another', async () => {
    const GUIDE = 'one-store-for-all-tabs.md';
    const worker = await bundleGuide(GUIDE, '', 'store-worker');
    const { server, page, printed } = await open(GUIDE, SONG, (slow) => alsoServe(slow, '/store-worker.ts', worker));
    const all = `lena.mp3: ${SONG.length} bytes`;
    while (!printed.includes(all) || !printed.includes('magic: ID3')) await delay(20);
    expect(printed[0]).toBe('nothing is kept');
    const other = await page.context().newPage();
    const there: string[] = [];
    other.on('console', (message) => there.push(message.text()));
    server.exchanges = [];
    await other.goto(server.origin);
    while (!there.includes('magic: ID3')) await delay(20);
    expect(there[0]).toBe(all);
    await page.close();
    await other.reload();
    while (there.filter((line) => line === 'magic: ID3').length < 2) await delay(20);
    expect(server.exchanges.filter(({ request }) => request.url === '/lena.mp3')).toEqual([]);
  });
});

describe('the guide to surviving a reload', () => {
  const GUIDE = 'survive-a-crash-or-a-reload.md';

  /** Waits until a record is there, of a download that has stopped half-way. */
  async function kept(page: Page): Promise<void> {
    const recorded = () =>
      page.evaluate(async () => {
        try {
          const songs = await (await navigator.storage.getDirectory()).getDirectoryHandle('songs');
          const folder = await songs.getDirectoryHandle('lena.tidemark');
          return (await (await folder.getFileHandle('record-0')).getFile()).size > 0;
        } catch {
          return false; // not there yet
        }
      });
    while (!(await recorded())) await delay(20);
  }

  /** What was asked for besides the page. */
  function songsOf({ exchanges }: TestServer): Exchange[] {
    return exchanges.filter(({ request }) => request.url?.startsWith('/lena.'));
  }

  async function until(printed: readonly string[], line: string): Promise<void> {
    while (!printed.includes(line)) await delay(20);
  }

  const BUDGET = 600_000;
  const poor = (server: TestServer): void => {
    server.budget = BUDGET;
  };

  it('goes on after a reload with what was kept, and asks for nothing once all is', async () => {
    const { server, page, printed } = await open(GUIDE, content, poor, true);
    await kept(page);

    server.budget = Infinity;
    server.exchanges = [];
    await page.reload();
    await until(printed, 'complete');
    const [before, after, ...rest] = printed.filter((line) => !line.includes('server'));
    const bytes = Number(after?.split(' ')[0]);
    expect([before, rest]).toEqual(['0 bytes were kept', ['complete']]);
    expect(bytes).toBeGreaterThan(0);
    expect(rangesOf(songsOf(server))[0]).toBe(`bytes=${bytes}-${content.length - 1}`);

    server.exchanges = [];
    printed.length = 0;
    await page.reload();
    await until(printed, 'complete');
    expect([printed, songsOf(server)]).toEqual([[`${content.length} bytes were kept`, 'complete'], []]);
  });

  it('starts anew where the server has another version', async () => {
    const { server, page, printed } = await open(GUIDE, content, poor, true);
    await kept(page);

    server.budget = Infinity;
    server.content = other;
    server.etag = '"v2"';
    printed.length = 0;
    await page.reload();
    await until(printed, 'complete');
    expect(printed.slice(-3)).toEqual([
      expect.stringContaining('the content has changed'),
      '0 bytes were kept',
      'complete',
    ]);
  });
});
