import { describe, expect, it } from '@jest/globals';

import { expectDecoded, openPage, openStored, rowOf, song, textOf, untilShown, usePage } from './page.js';

describe('the progress page, where nothing can be kept', () => {
  usePage();

  it('shares a store in memory, and says so', async () => {
    const { page, requests, openTab } = await openPage({ withoutFiles: true });
    await untilShown(page, 'kept', /^Kept in memory, until the last tab .* closed\..*no origin private file system/);
    const other = await openTab();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await expectDecoded(page);
    await openStored(other, 'sample.flac');
    await expectDecoded(other);
    expect(requests().reduce((sum, { sent }) => sum + sent, 0)).toBe(song.length);
  });

  it.each([true, false])('has a store of its own where tabs cannot share one, and says so (%s)', async (isolated) => {
    const { page } = await openPage({ withoutLocks: true, isolated });
    await untilShown(page, 'kept', /^Kept in memory, until this tab is closed\. .*no Web Locks/);
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await expectDecoded(page);
    await page.getByRole('button', { name: 'Remove sample.flac' }).click();
    await untilShown(page, 'name', /^No song is open$/);
    expect(await textOf(page, 'usage')).toBe('0 songs · 0 B of 500.0 MB');
  });

  it('keeps its songs where memory cannot be shared', async () => {
    const { page, requests } = await openPage({ isolated: false });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await expectDecoded(page);
    await rowOf(page, 'sample.flac').getByText('complete').waitFor();
    const asked = requests().length;
    await page.reload();
    await openStored(page, 'sample.flac');
    await expectDecoded(page);
    expect(requests()).toHaveLength(asked);
  });
});
