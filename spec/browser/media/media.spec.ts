import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { TestServer } from '../../http/test-server.js';
import { launchChromium } from '../chromium.js';
import type { Site } from '../bundle.js';
import type { MediaPage } from './media-page.js';
import { mediaSite, serveSite } from './media-site.js';
import { songWithIndexAtEnd } from './song-with-index-at-end.js';

const SONG = readFileSync('node_modules/audio-lena/lena.mp3');

let browser: Browser;
let site: Site;
beforeAll(async () => {
  [browser, site] = await Promise.all([launchChromium(), mediaSite()]);
});
afterEach(() => Promise.all(browser.contexts().map((context) => context.close())));
afterAll(() => browser.close());

async function start(song: Buffer = SONG): Promise<{ server: TestServer; context: BrowserContext; page: Page }> {
  const server = await TestServer.start(song, '"v1"');
  serveSite(server, site);
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(server.origin);
  return { server, context, page };
}

/** Calls one of the page's functions. */
function call<K extends keyof MediaPage>(
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

/** Seeks, and resolves when it has played to the end. */
function playedFrom(page: Page, seconds: number): Promise<{ seconds: number; error?: string }> {
  return page.evaluate(async (from) => {
    const audio = document.querySelector('audio') as HTMLAudioElement;
    const ended = new Promise((resolve) => {
      audio.addEventListener('ended', resolve);
      audio.addEventListener('error', resolve);
    });
    audio.currentTime = from;
    await ended;
    return { seconds: Math.floor(audio.currentTime), error: audio.error?.message };
  }, seconds);
}

function plays(page: Page, from = 0): Promise<unknown> {
  return page.waitForFunction((at) => (document.querySelector('audio')?.currentTime ?? 0) > at, from);
}

/** Stops every service worker, as the browser does with idle ones. */
async function stopWorkers(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
}

describe('a media element', () => {
  it.each([
    ['a song', () => SONG, 'audio/mpeg'],
    ['an MP4 whose index is at the end', songWithIndexAtEnd, 'audio/mp4'],
  ] as const)('plays %s while it fills, from where the user seeks, to the end', async (_, song, type) => {
    const { server, page } = await start(await song());
    server.bytesPerSecond = 400_000;
    // The other half takes 20 seconds, unless something is played before.
    server.slowdown = { after: server.content.length / 2, bytesPerSecond: 5000 };
    await call(page, 'play', await call(page, 'expose', '/song', type));
    await plays(page);
    const songs = server.exchanges.filter(({ request }) => request.url === '/song');
    expect(songs.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(server.content.length);
    server.slowdown = undefined;
    server.bytesPerSecond = 400_000;
    expect(await playedFrom(page, 11)).toEqual({ seconds: 12 });
  });

  it('plays on when the service worker is stopped', async () => {
    const { server, context, page } = await start();
    server.bytesPerSecond = 30_000;
    await call(page, 'play', await call(page, 'expose', '/song', 'audio/mpeg'));
    await plays(page);
    await stopWorkers(context, page);
    await plays(page, 1);
    await stopWorkers(context, page);
    server.bytesPerSecond = Infinity;
    expect(await playedFrom(page, 11)).toEqual({ seconds: 12 });
  });
});

/** Noise, which nothing can compress or skip. */
function noise(seconds: number): Buffer {
  const bytesPerSecond = 176_400;
  const header = Buffer.alloc(44);
  const length = seconds * bytesPerSecond;
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(44_100, 24);
  header.writeUInt32LE(bytesPerSecond, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data', 36);
  header.writeUInt32LE(length, 40);
  return Buffer.concat([header, randomBytes(length)]);
}

describe('a scrub', () => {
  it('has the server send little more than what the element gets', async () => {
    const { server, page } = await start(noise(600));
    server.bytesPerSecond = 2_000_000;
    server.latency = 50;
    await call(page, 'play', await call(page, 'expose', '/song', 'audio/wav'));
    await plays(page);
    // All over the song, in no order.
    const places = Array.from({ length: 50 }, (_, index) => (index * 0.618) % 0.95);
    const given = await call(page, 'scrub', places, 150);
    const perSeek = (server.bytesPerSecond * server.latency) / 1000;
    expect(server.sent).toBeLessThan(given + 256 * 1024 + places.length * perSeek);
  });
});

describe('an address of serveMedia', () => {
  it('is answered as a web server does', async () => {
    const { page } = await start();
    const url = await call(page, 'half', 200_000);
    expect(await call(page, 'ask', url, 'bytes=0-1')).toMatchObject({
      status: 206,
      headers: { 'content-range': 'bytes 0-1/200000', 'content-type': 'audio/flac', 'accept-ranges': 'bytes' },
      length: 2,
    });
    expect(await call(page, 'ask', url, 'bytes=50000-99999')).toMatchObject({ status: 206, length: 50_000 });
    expect(await call(page, 'ask', url, 'bytes=300000-')).toMatchObject({ status: 416 });
    expect(await call(page, 'ask', `${url}-other`)).toMatchObject({ status: 404 });
  });

  it('makes a demand of what is missing, and withdraws it when nobody waits any more', async () => {
    const { page } = await start();
    const url = await call(page, 'half', 200_000);
    const left = { range: { start: 150_000, end: 160_000 }, ended: 'AbortError' };
    expect(await call(page, 'askAndLeave', url, 'bytes=150000-159999')).toEqual(left);
    // One that has a body already.
    expect(await call(page, 'askAndLeave', url, 'bytes=0-')).toMatchObject({ ended: 'AbortError' });
  });

  it('makes none any more when the service worker was stopped', async () => {
    const { context, page } = await start();
    const url = await call(page, 'half', 200_000);
    await call(page, 'askForMissing', url);
    await stopWorkers(context, page);
    await call(page, 'noDemand');
    expect(await call(page, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 206, length: 10 });
  });

  it('is 404 once it is closed, or its page has gone; also for other pages', async () => {
    const { server, context, page } = await start();
    const url = await call(page, 'half', 200_000);
    const other = await context.newPage();
    await other.goto(server.origin);
    expect(await call(other, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 206 });
    await page.evaluate(() => (globalThis as unknown as { page: MediaPage }).page.exposed?.close());
    expect(await call(other, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 404 });
    const again = await call(page, 'half', 200_000);
    await page.close();
    expect(await call(other, 'ask', again, 'bytes=0-9')).toMatchObject({ status: 404 });
  });

  it('is 504 when its page does not answer', async () => {
    const { server, context, page } = await start();
    const url = await call(page, 'half', 200_000);
    const other = await context.newPage();
    await other.goto(server.origin);
    const blocked = call(page, 'block', 15_000);
    expect(await call(other, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 504 });
    await blocked;
  });

  it('is answered after a reload past the cache, which no worker controls', async () => {
    const { context, page } = await start();
    await call(page, 'half', 200_000);
    const session = await context.newCDPSession(page);
    const loaded = page.waitForEvent('load');
    await session.send('Page.reload', { ignoreCache: true });
    await loaded;
    expect(await page.evaluate(() => navigator.serviceWorker.controller)).toBeNull();
    const url = await call(page, 'half', 200_000);
    expect(await call(page, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 206 });
  });
});

describe('a service worker of the app', () => {
  it('leaves to serveMedia what is its own, and answers the rest', async () => {
    const { server, page } = await start();
    await page.goto(`${server.origin}/own/`);
    await call(page, 'use', '/own/sw.js');
    const url = await call(page, 'half', 1000);
    expect(new URL(url).pathname).toMatch(/^\/own\/tidemark-media\//);
    expect(await call(page, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 206 });
    expect(await page.evaluate(async () => (await fetch('/own/own')).text())).toBe('its own');
  });
});

describe('serveMedia', () => {
  it.each([
    ['a script that is not there', '/', '/missing.js', /missing\.js cannot be registered/],
    ['a script that lies below the page', '/', '/below/sw.js', /no active worker/],
    ['a worker that does not know of it', '/silent/', '/silent/sw.js', /does not answer/],
  ])('says why it does not work with %s', async (_, path, worker, reason) => {
    const { server, page } = await start();
    await page.goto(`${server.origin}${path}`);
    expect(await call(page, 'refusalOf', worker)).toEqual({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(reason) as unknown,
    });
  });
});
