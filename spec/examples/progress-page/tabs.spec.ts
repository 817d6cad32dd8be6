import { describe, expect, it } from '@jest/globals';

import { expectDecoded, openPage, openStored, rowOf, song, untilShown, usePage } from './page.js';

describe('the progress page, in two tabs', () => {
  usePage();

  it('shows the same list in both, and makes one download', async () => {
    const { page, server, requests, openTab } = await openPage({ bytesPerSecond: 80_000 });
    const other = await openTab();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await openStored(other, 'sample.flac');
    await untilShown(other, 'decoded', /^[1-9]\d? %$/); // while it arrives
    await other.getByRole('button', { name: 'Pin sample.flac' }).click();
    await page.getByRole('button', { name: 'Pin sample.flac', pressed: true }).waitFor();
    server.bytesPerSecond = Infinity;
    await expectDecoded(page);
    await expectDecoded(other);
    expect(requests().reduce((sum, { sent }) => sum + sent, 0)).toBe(song.length);
  });

  it('goes on in the second when the first is closed', async () => {
    const { page, server, requests, openTab } = await openPage({ bytesPerSecond: 60_000 });
    const other = await openTab();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await openStored(other, 'sample.flac');
    await untilShown(other, 'downloaded', /^[4-6]\d %$/);
    const before = requests().length;
    await page.close();
    await untilShown(other, 'downloaded', /^[7-9]\d %$/);
    expect(requests()[before]?.asked?.start).toBeGreaterThan(0.2 * song.length); // not from the start
    server.bytesPerSecond = Infinity;
    await expectDecoded(other);
    await rowOf(other, 'sample.flac').getByText('complete').waitFor();
  });

  it('removes in one what the other has open', async () => {
    const { page, openTab } = await openPage({ bytesPerSecond: 80_000 });
    const other = await openTab();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await openStored(other, 'sample.flac');
    await untilShown(other, 'decoded', /^[1-9]\d? %$/);
    await page.getByRole('button', { name: 'Remove sample.flac' }).click();
    await untilShown(page, 'name', /^No song is open$/);
    await untilShown(other, 'name', /^No song is open$/);
    await untilShown(other, 'usage', /^0 songs/);
    expect(await page.getByRole('button', { name: 'sample.flac' }).count()).toBe(0);
  });
});
