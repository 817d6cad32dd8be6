import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { BrowserContext, Page } from 'playwright-core';
import { playedFrom, playMuted, plays } from '../player.js';
import type { MediaPage } from './media-page.js';
import { call, start } from './media-pages.js';
import { songWithIndexAtEnd } from './song-with-index-at-end.js';

const SONG = readFileSync('node_modules/audio-lena/lena.mp3');

/** Stops every service worker, as the browser does with idle ones. */
async function stopWorkers(context: BrowserContext, page: Page): Promise<void> {
  const session = await context.newCDPSession(page);
  await session.send('ServiceWorker.enable');
  await session.send('ServiceWorker.stopAllWorkers');
}

describe('a media element', () => {
  it.each([
    ['a song', () => SONG, 'audio/mpeg', false],
    ['a song in an isolated page', () => SONG, 'audio/mpeg', true],
    ['an MP4 whose index is at the end', songWithIndexAtEnd, 'audio/mp4', false],
  ] as const)('plays %s while it fills, from where the user seeks, to the end', async (_, song, type, isolated) => {
    const { server, page } = await start(await song(), isolated);
    server.bytesPerSecond = 400_000;
    // The other half takes 20 seconds, unless something is played before.
    server.slowdown = { after: server.content.length / 2, bytesPerSecond: 5000 };
    await call(page, 'load', await call(page, 'expose', '/song', type));
    await playMuted(page);
    await plays(page);
    const songs = server.exchanges.filter(({ request }) => request.url === '/song');
    expect(songs.reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(server.content.length);
    server.slowdown = undefined;
    server.bytesPerSecond = 400_000;
    expect(await playedFrom(page, 11)).toEqual({ seconds: 12 });
  });

  it('plays on when the service worker is stopped', async () => {
    const { server, context, page } = await start(SONG);
    server.bytesPerSecond = 30_000;
    await call(page, 'load', await call(page, 'expose', '/song', 'audio/mpeg'));
    await playMuted(page);
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
    await call(page, 'load', await call(page, 'expose', '/song', 'audio/wav'));
    await playMuted(page);
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
    const { page } = await start(SONG);
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
    const { page } = await start(SONG);
    const url = await call(page, 'half', 200_000);
    const left = { range: { start: 150_000, end: 160_000 }, ended: 'AbortError' };
    expect(await call(page, 'askAndLeave', url, 'bytes=150000-159999')).toEqual(left);
    // One that has a body already.
    expect(await call(page, 'askAndLeave', url, 'bytes=0-')).toMatchObject({ ended: 'AbortError' });
  });

  it('makes none any more when the service worker was stopped', async () => {
    const { context, page } = await start(SONG);
    const url = await call(page, 'half', 200_000);
    await call(page, 'askForMissing', url);
    await stopWorkers(context, page);
    await call(page, 'noDemand');
    expect(await call(page, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 206, length: 10 });
  });

  it('is 404 once it is closed, or its page has gone; also for other pages', async () => {
    const { server, context, page } = await start(SONG);
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

  it('is answered by the part of the page that has exposed it', async () => {
    const { page } = await start(SONG);
    const one = await call(page, 'half', 1000);
    const other = await call(page, 'another', 2000);
    expect(await call(page, 'ask', one, 'bytes=0-9')).toMatchObject({ headers: { 'content-range': 'bytes 0-9/1000' } });
    expect(await call(page, 'ask', other, 'bytes=0-9')).toMatchObject({
      headers: { 'content-range': 'bytes 0-9/2000' },
    });
  });

  it('ends with an error in another page when its own goes', async () => {
    const { server, context, page } = await start(SONG);
    const url = await call(page, 'half', 200_000);
    const other = await context.newPage();
    await other.goto(server.origin);
    const read = call(other, 'readToEnd', url);
    await call(page, 'someDemand');
    await page.close();
    expect(await read).toBe('TypeError');
  });

  it('is answered after a reload past the cache, which no worker controls', async () => {
    const { context, page } = await start(SONG);
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
    const { server, page } = await start(SONG);
    await page.goto(`${server.origin}/own/`);
    await call(page, 'use', '/own/sw.js');
    const url = await call(page, 'half', 1000);
    expect(new URL(url).pathname).toMatch(/^\/own\/tidemark-media\//);
    expect(await call(page, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 206 });
    expect(await page.evaluate(async () => (await fetch('/own/own')).text())).toBe('its own');
  });
});
