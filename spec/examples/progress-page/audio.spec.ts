import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { expectDecoded, openPage, song, textOf, untilShown, usePage } from './page.js';

/** Waits until the browser's own player is past a time, in seconds. */
async function untilHeard(page: Page, seconds: number): Promise<void> {
  await page.waitForFunction((past) => {
    const audio = document.querySelector('audio');
    if (audio?.error) throw new Error(audio.error.message);
    return (audio?.currentTime ?? 0) > past;
  }, seconds);
}

const audio = (page: Page, act: (element: HTMLAudioElement) => unknown): Promise<unknown> =>
  page.locator('audio').evaluate(act as (element: Element) => unknown);

describe("the progress page, and the browser's own player", () => {
  usePage();

  it('plays and seeks in it while the song arrives, from the bytes of the one download', async () => {
    const { page, server, requests } = await openPage({ bytesPerSecond: 60_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await page.locator('audio[src]').waitFor();
    await audio(page, (element) => element.play());
    await untilHeard(page, 0.5);
    expect(await textOf(page, 'downloaded')).not.toBe('100 %');
    await audio(page, (element) => (element.currentTime = 9));
    await untilHeard(page, 9.5);
    expect(requests().some(({ asked }) => (asked?.start ?? 0) > 0.6 * song.length)).toBe(true);
    server.bytesPerSecond = Infinity;
    await expectDecoded(page);
    expect(requests().reduce((sum, { sent }) => sum + sent, 0)).toBeLessThan(1.5 * song.length);
  });

  it('plays in one of the two at a time', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await expectDecoded(page);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await untilShown(page, 'play', /^Pause$/);
    await audio(page, (element) => element.play());
    await untilShown(page, 'play', /^Play$/);
    await untilHeard(page, 0.2);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForFunction(() => document.querySelector('audio')?.paused);
    await untilShown(page, 'play', /^Pause$/);
  });

  it('says why it is off, where no service worker can be', async () => {
    const { page, expected } = await openPage({ context: { serviceWorkers: 'block' } });
    expected.push('Service Worker');
    await untilShown(page, 'audio-note', /service worker/);
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await expectDecoded(page);
  });
});
