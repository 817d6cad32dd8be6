import { describe, expect, it } from '@jest/globals';

import { clickAt, expectDecoded, openPage, position, song, untilShown, usePage } from './page.js';

describe('the progress page, where memory cannot be shared', () => {
  usePage();

  it('says what is off and why, shows coverage, and decodes on the page when all is there', async () => {
    const { page, server } = await openPage({ isolated: false, bytesPerSecond: 120_000 });
    expect(await page.evaluate(() => typeof SharedArrayBuffer)).toBe('undefined');
    await page.getByRole('note').getByText('Shared memory is off').waitFor();
    await page.getByText('Cross-Origin-Opener-Policy: same-origin').waitFor();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'downloaded', /^[1-9]\d? %$/);
    await untilShown(page, 'readers', /decoderall of it/);
    await clickAt(page, 0.7);
    await untilShown(page, 'ranges', /^2$/); // the download follows all the same
    server.bytesPerSecond = Infinity;
    await expectDecoded(page);
    expect(await position(page)).toBe(8); // of 12 seconds
    await page.getByRole('button', { name: 'Play' }).click();
    await untilShown(page, 'time', /^0:1/);
  });

  it('draws on while it makes the MD5 of a long song', async () => {
    const content = Buffer.from(song);
    content.writeUInt32BE(2 ** 25, 22); // samples, says the header: what is missing becomes silence
    const longestTask = async (): Promise<number> => {
      const { page } = await openPage({ isolated: false, content });
      await page.evaluate(() => {
        const tasks: number[] = [];
        Object.assign(globalThis, { tasks });
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({
          type: 'longtask',
        });
      });
      await page.getByRole('button', { name: 'Load the sample' }).click();
      await untilShown(page, 'message', /MD5/);
      return Math.max(0, ...(await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks)));
    };
    // In milliseconds. All of it at once takes 800, each time; a machine that pauses makes a task
    // long once.
    const LONG = 350;
    let longest = Infinity;
    for (let tries = 0; tries < 3 && longest >= LONG; tries += 1) longest = await longestTask();
    expect(longest).toBeLessThan(LONG);
  });

  it('says nothing of it where memory can be shared', async () => {
    const { page } = await openPage();
    expect(await page.getByRole('note').isVisible()).toBe(false);
  });
});
