import { describe, expect, it } from '@jest/globals';

import { expectDecoded, openPage, openStored, rowOf, song, textOf, untilShown, usePage } from './page.js';

/** What has come is durable within a second, and a busy machine's time, in milliseconds. */
const DURABLE = 2500;
const HALF = Math.floor(song.length / 2);

describe('the progress page, and what it has stored', () => {
  usePage();

  it('asks for the other half only after a reload with half a song, and after that for nothing', async () => {
    const { page, server, requests } = await openPage();
    server.budget = HALF;
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'downloaded', /^(49|50) %$/);
    await page.waitForTimeout(DURABLE);
    const before = requests().length;
    server.budget = Infinity;
    await page.reload();
    await rowOf(page, 'sample.flac').getByText('complete').waitFor(); // it goes on by itself
    const asked = requests().slice(before);
    expect(asked.map((request) => request.asked?.start)).toEqual([HALF]);
    expect(asked.map(({ sent }) => sent)).toEqual([song.length - HALF]);

    await openStored(page, 'sample.flac');
    await expectDecoded(page);
    await page.reload();
    await openStored(page, 'sample.flac');
    await expectDecoded(page);
    expect(requests()).toHaveLength(before + 1);
  });

  it('opens what is there without the server', async () => {
    const { page, server, requests } = await openPage();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await expectDecoded(page);
    await page.getByLabel('Address of a FLAC file').fill(`${server.origin}/other.flac`);
    await page.getByLabel('Address of a FLAC file').press('Enter');
    await untilShown(page, 'name', /^other.flac$/);
    await expectDecoded(page);
    const asked = requests().length;
    await openStored(page, 'sample.flac');
    await untilShown(page, 'name', /^sample.flac$/);
    await expectDecoded(page);
    const current = page.locator('[aria-current="true"]');
    expect(await current.allTextContents()).toEqual(['sample.flac']);
    expect(requests()).toHaveLength(asked);
    expect(await textOf(page, 'usage')).toMatch(/^2 songs · (9\d\d kB|1\.\d MB) of 500\.0 MB$/);
  });

  it('pauses and resumes from the list, whichever song is open', async () => {
    const { page, server, requests } = await openPage({ bytesPerSecond: 100_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'downloaded', /^[2-5]\d %$/);
    const row = rowOf(page, 'sample.flac');
    await row.getByRole('button', { name: 'Pause sample.flac' }).click();
    await row.getByText('paused').waitFor();
    await page.getByRole('button', { name: 'Resume download' }).waitFor();
    await server.quiet();
    await page.waitForTimeout(DURABLE);
    const asked = requests().length;
    await page.reload();
    await rowOf(page, 'sample.flac').getByText('paused').waitFor(); // and it stays so
    expect(requests()).toHaveLength(asked);
    await page.getByRole('button', { name: 'Resume sample.flac' }).click();
    await rowOf(page, 'sample.flac').getByText('complete').waitFor();
    expect(requests()[asked]?.asked?.start).toBeGreaterThan(0.1 * song.length);
    expect(await page.getByRole('button', { name: 'Pause sample.flac' }).isDisabled()).toBe(true);
  });

  it('keeps a pin across a reload', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    const pin = page.getByRole('button', { name: 'Pin sample.flac' });
    expect(await pin.getAttribute('aria-pressed')).toBe('false');
    await pin.click();
    await untilShown(page, 'live', /^sample.flac stays$/);
    expect(await pin.getAttribute('aria-pressed')).toBe('true');
    await page.reload();
    await page.getByRole('button', { name: 'Pin sample.flac', pressed: true }).click();
    await page.getByRole('button', { name: 'Pin sample.flac', pressed: false }).waitFor();
  });

  it('removes a song, also the one that is open, for good', async () => {
    const { page, requests } = await openPage({ bytesPerSecond: 100_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'decoded', /^[1-4]\d %$/);
    await page.getByRole('button', { name: 'Remove sample.flac' }).click();
    await untilShown(page, 'live', /^sample.flac removed$/);
    await untilShown(page, 'name', /^No song is open$/);
    expect(await textOf(page, 'usage')).toBe('0 songs · 0 B of 500.0 MB');
    expect(await textOf(page, 'downloaded')).toBe('0 %');
    expect(await page.getByRole('button', { name: 'Play', exact: true }).isDisabled()).toBe(true);
    await page.reload();
    await untilShown(page, 'kept', /./);
    expect(await page.getByRole('listitem').filter({ hasText: 'sample' }).count()).toBe(0);
    const asked = requests().length;
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'downloaded', /^[1-9]\d? %$/);
    expect(requests()[asked]?.asked?.start ?? 0).toBe(0);
  });

  it('is worked by keys alone, and the focus is never lost', async () => {
    const { page, server } = await openPage();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'name', /^sample.flac$/);
    await page.getByLabel('Address of a FLAC file').fill(`${server.origin}/other.flac`);
    await page.getByLabel('Address of a FLAC file').press('Enter');
    await rowOf(page, 'other.flac').getByText('complete').waitFor();
    await rowOf(page, 'sample.flac').getByText('complete').waitFor();
    const focused = (): Promise<string> =>
      page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      );
    await page.getByRole('button', { name: 'sample.flac', exact: true }).focus();
    await page.keyboard.press('Enter');
    await untilShown(page, 'name', /^sample.flac$/);
    const order = [];
    for (let stop = 0; stop < 4; stop += 1) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    expect(order).toEqual(['Pin sample.flac', 'Remove sample.flac', 'other.flac', 'Pin other.flac']);
    await page.getByRole('button', { name: 'Remove sample.flac' }).press('Enter');
    await untilShown(page, 'usage', /^1 song/);
    expect(await focused()).toBe('other.flac');
    await page.getByRole('button', { name: 'Remove other.flac' }).press('Space');
    await untilShown(page, 'usage', /^0 songs/);
    expect(await focused()).toBe('Stored songs');
  });
});
