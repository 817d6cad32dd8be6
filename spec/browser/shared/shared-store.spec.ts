import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { makeContent } from '../../http/fixtures.js';
import { playedFrom, playMuted, plays } from '../player.js';
import { call, digestOf, Tabs, until } from './shared-pages.js';

const content = makeContent(2_000_000);
const whole = digestOf(content);

async function covered(page: Page, key: string): Promise<number> {
  const entries = await call(page, 'entries');
  return entries.find((entry) => entry.key === key)?.coveredBytes ?? 0;
}

async function untilComplete(page: Page, key: string): Promise<void> {
  await until(async () =>
    (await call(page, 'entries')).some((entry) => entry.key === key && entry.state === 'complete'),
  );
}

describe.each([false, true])('tabs that share a store (isolated: %s)', (isolated) => {
  it('make one download of a song, and the second goes on when the first is closed', async () => {
    const tabs = await Tabs.start(content, isolated);
    tabs.server.bytesPerSecond = 300_000;
    const first = await tabs.open();
    const second = await tabs.open();
    expect([await call(first, 'runs'), await call(second, 'runs')]).toEqual([true, false]);
    for (const page of [first, second]) await call(page, 'acquire', '1', { download: true });
    const reading = call(second, 'read', 0, 0, content.length);
    await until(async () => (await covered(second, '1')) >= 500_000);
    expect(tabs.sent).toBeLessThan(1_000_000);
    const before = tabs.sent;
    await first.close();
    await until(() => call(second, 'runs'));
    tabs.server.bytesPerSecond = Infinity;
    expect(await reading).toBe(whole);
    await untilComplete(second, '1');
    // What the first one had, and what was on its way, is not fetched again, but for what was
    // written since the last checkpoint.
    expect(tabs.sent).toBeLessThan(content.length + before);
    expect(await call(second, 'shown', 0)).toEqual({ state: 'committed', coveredBytes: content.length });
  });
});

describe('a shared store', () => {
  it('is what was kept when its tab was reloaded: the other half alone is asked for, then nothing', async () => {
    const tabs = await Tabs.start(content);
    tabs.server.budget = 1_000_000;
    const page = await tabs.open();
    await call(page, 'call', 'download', '1');
    await until(async () => (await covered(page, '1')) === 1_000_000);
    // Made durable by the next checkpoint.
    await call(page, 'close');
    await page.reload();
    tabs.server.exchanges.length = 0;
    tabs.server.budget = Infinity;
    await call(page, 'open', { source: `${tabs.server.origin}/song` });
    // Goes on by itself: it was to be downloaded.
    await untilComplete(page, '1');
    expect(tabs.sent).toBe(1_000_000);
    await page.reload();
    tabs.server.exchanges.length = 0;
    await call(page, 'open', { source: `${tabs.server.origin}/song` });
    const lease = await call(page, 'acquire', '1', { download: true });
    expect(await call(page, 'read', lease, 0, content.length)).toBe(whole);
    expect(tabs.asked).toEqual([]);
  });

  it('goes to the next tab, and the next, as each is closed or dies', async () => {
    const tabs = await Tabs.start(content);
    const pages = [await tabs.open(), await tabs.open(), await tabs.open()] as const;
    const [first, second, third] = pages;
    await call(first, 'call', 'download', '1');
    await untilComplete(third, '1');
    const lease = await call(third, 'acquire', '1');
    await call(first, 'close');
    await until(() => call(second, 'runs'));
    expect(await call(third, 'read', lease, 10, 50_000)).toBe(digestOf(content.subarray(10, 50_000)));
    const crashed = second.waitForEvent('crash');
    void second.goto('chrome://crash').catch(() => undefined);
    await crashed;
    expect(await call(third, 'read', lease, 20, 60_000)).toBe(digestOf(content.subarray(20, 60_000)));
    await until(() => call(third, 'runs'));
    expect(await call(third, 'shown', lease)).toEqual({ state: 'committed', coveredBytes: content.length });
    // Who has closed it may open it again.
    expect(await call(first, 'open')).toBe('open');
    expect((await call(first, 'entries')).map(({ key }) => key)).toEqual(['1']);
  });

  it('is run by another worker when its own has died', async () => {
    const tabs = await Tabs.start(content);
    tabs.server.bytesPerSecond = 300_000;
    const [first, second] = [await tabs.open(), await tabs.open()];
    await call(second, 'acquire', '1', { download: true });
    const reading = call(second, 'read', 0, 1_000_000, 2_000_000);
    await until(async () => (await covered(second, '1')) > 0);
    await call(first, 'killWorker');
    tabs.server.bytesPerSecond = Infinity;
    expect(await reading).toBe(digestOf(content.subarray(1_000_000)));
    expect([await call(first, 'runs'), await call(second, 'runs')]).toEqual([true, false]);
  });

  it('asks first the tab that asks, where a song is, and the worker where no tab knows', async () => {
    const tabs = await Tabs.start(content);
    const worker = { source: `${tabs.server.origin}/song-of-worker` };
    const first = await tabs.open({ worker, source: undefined });
    const second = await tabs.open({ source: `${tabs.server.origin}/song-of-second` });
    await call(second, 'acquire', '1', { download: true });
    await untilComplete(second, '1');
    expect(new Set(tabs.asked.map(({ request }) => request.url))).toEqual(new Set(['/song-of-second/1']));
    await second.close();
    await call(first, 'acquire', '2', { download: true });
    await untilComplete(first, '2');
    expect(tabs.asked.at(-1)?.request.url).toBe('/song-of-worker/2');
  });

  it('tells every tab of what any has done', async () => {
    const tabs = await Tabs.start(content);
    const [first, second] = [await tabs.open(), await tabs.open()];
    await call(second, 'call', 'download', '1');
    await untilComplete(first, '1');
    await call(first, 'call', 'pin', '1');
    await until(async () => (await call(second, 'entries')).some(({ pinned }) => pinned));
    await call(second, 'call', 'remove', '1');
    await until(async () => (await call(first, 'entries')).length === 0);
    for (const page of [first, second])
      expect(await call(page, 'heard')).toEqual(['added 1', 'complete 1', 'removed 1']);
    expect(await call(first, 'call', 'pin', '1')).toBe('NOT_FOUND');
  });

  it('plays in an <audio> element while it fills, also in a tab that does not run it', async () => {
    const song = readFileSync('node_modules/audio-lena/lena.mp3');
    const tabs = await Tabs.start(song);
    tabs.server.bytesPerSecond = 60_000;
    const [first, second] = [await tabs.open(), await tabs.open()];
    const lease = await call(second, 'acquire', '1', { download: true });
    await call(second, 'play', lease, 'audio/mpeg');
    await playMuted(second);
    await plays(second);
    await first.close();
    await plays(second, 0.5);
    tabs.server.bytesPerSecond = Infinity;
    expect(await playedFrom(second, 11)).toEqual({ seconds: 12 });
  });

  it.each([
    ['a script that is not there', '/missing-worker.js', 'IO'],
    ['a script that fails', '/failing-worker.js', 'IO'],
  ])('does not open with %s, and may be tried again', async (_, script, code) => {
    const tabs = await Tabs.start(content);
    const page = await tabs.blank();
    expect(await call(page, 'open', { script })).toBe(code);
    expect(await call(page, 'open', {})).toBe('open');
  });

  it('does not open where there is no such storage', async () => {
    const tabs = await Tabs.start(content);
    const page = await tabs.blank();
    expect(await call(page, 'open', { worker: { backend: 'none' } })).toBe('UNSUPPORTED');
  });

  it('is not waited for any longer when its signal is aborted', async () => {
    const tabs = await Tabs.start(content);
    const page = await tabs.blank();
    const opening = call(page, 'open', { worker: { backend: 'never' } });
    await call(page, 'abort');
    expect(await opening).toBe('CANCELLED');
    const other = await tabs.open();
    expect(await call(other, 'runs')).toBe(true);
  });

  it('goes on with two of one tab, of which the first is closed', async () => {
    const tabs = await Tabs.start(content);
    const page = await tabs.open();
    await call(page, 'call', 'download', '1');
    await untilComplete(page, '1');
    const lease = await call(page, 'acquire', '1');
    expect(await call(page, 'renew', {})).toBe('open');
    expect(await call(page, 'shown', lease)).toMatchObject({ state: 'closed' });
    const another = await call(page, 'acquire', '1');
    expect(await call(page, 'read', another, 0, content.length)).toBe(whole);
  });

  it('is fetched from an address of the page, wherever its worker is from', async () => {
    const tabs = await Tabs.start(content);
    const page = await tabs.context.newPage();
    await page.goto(`${tabs.server.origin}/app/player`);
    expect(await call(page, 'open', { source: 'song' })).toBe('open');
    await call(page, 'call', 'download', '1');
    await untilComplete(page, '1');
    expect(new Set(tabs.asked.map(({ request }) => request.url))).toEqual(new Set(['/app/song/1']));
  });

  it.each([
    ['that has failed', 'full', 'The disk is full.'],
    ['in which its worker dies', 'dies', 'closed'],
  ])('is left to others after a close %s', async (_, backend, outcome) => {
    const tabs = await Tabs.start(content);
    const [first, second] = [await tabs.open({ worker: { backend } }), await tabs.open()];
    expect(await call(first, 'close')).toBe(outcome);
    await until(() => call(second, 'runs'));
    expect(await call(second, 'call', 'pause', '1')).toBe('NOT_FOUND');
  });

  it('notices the end of a tab that has died before anybody could watch it', async () => {
    const tabs = await Tabs.start(content);
    expect(await call(await tabs.open(), 'diesAtOnce')).toBe('bye');
  });

  it.each(['', '__proto__', '../..', 'a/b', '\u0000', '\ud800', 'é', 'e\u0301'])('has the key %j', async (key) => {
    const tabs = await Tabs.start(content.subarray(0, 1000));
    const [first, second] = [await tabs.open({ source: undefined }), await tabs.open({ source: undefined })];
    const url = `${tabs.server.origin}/song`;
    const lease = await call(second, 'acquire', key, { url, download: true, metadata: { __proto__x: 1 } });
    await untilComplete(first, key);
    expect(await call(second, 'read', lease, 0, 1000)).toBe(digestOf(content.subarray(0, 1000)));
    expect((await call(second, 'entries')).map((entry) => entry.key)).toEqual([key]);
  });
});
