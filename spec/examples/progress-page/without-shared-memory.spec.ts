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
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await untilShown(page, 'time', /^0:1/);
  });

  it('draws on while it makes the MD5 of a long song', async () => {
    const content = Buffer.from(song);
    content.writeUInt32BE(2 ** 25, 22); // samples, says the header: what is missing becomes silence
    const { page } = await openPage({ isolated: false, content });
    await page.evaluate(() => {
      let turns = 0;
      setInterval(() => (turns += 1));
      const textOf = (id: string): string => document.getElementById(id)?.textContent ?? '';
      const turnsAt: { decoded?: number; done?: number } = {};
      new MutationObserver(() => {
        if (textOf('decoded') === '100 %') turnsAt.decoded ??= turns;
        if (textOf('message').includes('MD5')) turnsAt.done ??= turns;
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
      Object.assign(globalThis, { turnsAt });
    });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /MD5/);
    const { decoded = NaN, done = NaN } = await page.evaluate(
      () => (globalThis as unknown as { turnsAt: { decoded?: number; done?: number } }).turnsAt,
    );
    // It takes 800 ms of work. All of it in one turn, there would be one.
    expect(done - decoded).toBeGreaterThan(20);
  });

  it('says nothing of it where memory can be shared', async () => {
    const { page } = await openPage();
    expect(await page.getByRole('note').isVisible()).toBe(false);
  });
});
