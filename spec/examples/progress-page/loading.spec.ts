import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';

import {
  clickAt,
  columnsIn,
  expectDecoded,
  headerMd5,
  openPage,
  position,
  restingText,
  song,
  textOf,
  untilDrawn,
  untilShown,
  usePage,
} from './page.js';

describe('the progress page', () => {
  usePage();

  it('downloads the sample, decodes it meanwhile in a worker, and finds the MD5 of its header', async () => {
    expect(headerMd5).toMatch(/^[1-9a-f][0-9a-f]{31}$/);
    const { page, requests } = await openPage({ bytesPerSecond: 120_000 });
    expect(await page.evaluate(() => crossOriginIsolated)).toBe(true);
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'downloaded', /^[1-9]\d? %$/);
    await untilShown(page, 'decoded', /^[1-9]\d? %$/); // before all of it is there
    expect(await textOf(page, 'downloaded')).not.toBe('100 %');
    await untilShown(page, 'rate', /^\d+ kB\/s$/);
    await untilShown(page, 'left', /^0:0\d$/);
    await untilShown(page, 'readers', /decoder(.* from )?byte [\d,]+, blocked\d\.\d s/);
    await expectDecoded(page);
    expect(await page.getByRole('progressbar', { name: 'Downloaded' }).getAttribute('aria-valuenow')).toBe('100');
    expect(requests().reduce((sum, { sent }) => sum + sent, 0)).toBe(song.length);
    expect(await textOf(page, 'action')).toBe('Complete');
    expect(await textOf(page, 'live')).toBe('Downloaded');
  });

  it('downloads what is at an address, and takes another one after it', async () => {
    const { page, server } = await openPage();
    await page.getByLabel('Address of a FLAC file').fill(`${server.origin}/my%20own.flac`);
    await page.getByLabel('Address of a FLAC file').press('Enter');
    await expectDecoded(page);
    expect(await textOf(page, 'name')).toBe('my own.flac');
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'name', /^sample.flac$/);
    await expectDecoded(page);
  });

  it('takes an address that cannot be decoded as it is', async () => {
    const { page, server } = await openPage();
    await page.getByLabel('Address of a FLAC file').fill(`${server.origin}/100%.flac`);
    await page.getByLabel('Address of a FLAC file').press('Enter');
    await untilShown(page, 'name', /^100%.flac$/);
    await expectDecoded(page);
  });

  it('draws the bar, and the waveform as far as it is decoded', async () => {
    const { page, server } = await openPage({ bytesPerSecond: 80_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'decoded', /^[3-5]\d %$/);
    for (const [id, done] of [
      ['coverage', '--there'],
      ['waveform', '--wave'],
    ] as const) {
      const { [done]: drawn = NaN, '--missing': missing = NaN } = await columnsIn(page, id, [done, '--missing']);
      expect(drawn).toBeGreaterThan(0.2);
      expect(missing).toBeGreaterThan(0.2);
    }
    server.bytesPerSecond = Infinity;
    await expectDecoded(page);
    await untilDrawn(page, 'coverage', { '--there': 1, '--missing': 0 });
    await untilDrawn(page, 'waveform', { '--missing': 0 });
  });

  it('goes where the click was: the wait is interrupted, the download leaves out what is before', async () => {
    const { page, server, requests } = await openPage({ bytesPerSecond: 60_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'readers', /blocked/);
    await clickAt(page, 0.8);
    await untilShown(page, 'ranges', /^[2-9]$/);
    const jump = requests().find(({ asked }) => (asked?.start ?? 0) > 0.6 * song.length);
    expect(jump?.asked?.start).toBeLessThan(0.85 * song.length);
    expect(await position(page)).toBe(9); // of 12 seconds
    expect(requests()[0]?.aborted).toBe(true);
    await untilShown(page, 'readers', /byte (3[5-9]|4)\d[\d,]+, blocked/); // it decodes there now
    server.bytesPerSecond = Infinity;
    await expectDecoded(page);
  });

  it('goes where the click was before anything was known', async () => {
    const { page, server, requests } = await openPage({ bytesPerSecond: 60_000 });
    server.latency = 500;
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await clickAt(page, 0.8);
    await untilShown(page, 'time', /^0:09 of 0:12$/);
    await untilShown(page, 'readers', /byte (3[5-9]|4)\d[\d,]+, blocked/); // it decodes there
    // The store is in another thread: it hears of it later.
    const jump = (): boolean => requests().some(({ asked }) => (asked?.start ?? 0) > 0.6 * song.length);
    while (!jump()) await delay(20);
    expect(await textOf(page, 'time')).toBe('0:09 of 0:12');
  });

  it('says what is under the pointer', async () => {
    const { page } = await openPage({ bytesPerSecond: 60_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'time', /0:12/);
    const box = await page.getByRole('slider').boundingBox();
    if (box === null) throw new Error('The slider is not there.');
    await page.mouse.move(box.x + box.width * 0.75, box.y + 5);
    await untilShown(page, 'tooltip', /^0:09 · byte 36\d,\d+ · 7[45] % · missing$/);
    await page.mouse.move(box.x + 3, box.y + 5);
    await untilShown(page, 'tooltip', /^0:00 · byte [\d,]+ · 0 % · there$/);
    await page.mouse.move(1, 1);
    await page.locator('#tooltip').waitFor({ state: 'hidden' });
    expect(await position(page)).toBe(0); // pointing alone is no seek
  });

  it('stops by a button, and goes on where it stopped: every byte is sent once', async () => {
    const { page, server, requests } = await openPage({ bytesPerSecond: 80_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'downloaded', /^[2-5]\d %$/);
    await page.getByRole('button', { name: 'Pause download' }).click();
    await server.quiet();
    await untilShown(page, 'live', /paused/);
    const asked = requests().length;
    const there = await restingText(page, 'bytes');
    await untilShown(page, 'readers', /decoder.*blocked/); // goes on waiting
    expect(await textOf(page, 'rate')).toBe('–');
    expect({ asked: requests().length, there: await textOf(page, 'bytes') }).toEqual({ asked, there });
    await page.getByRole('button', { name: 'Resume download' }).click();
    await expectDecoded(page);
    expect(requests()[asked]?.asked?.start).toBeGreaterThan(0);
  });

  it('is played while it arrives: from the playhead on, with a stop where samples are missing', async () => {
    const { page, server } = await openPage({ bytesPerSecond: 30_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'time', /0:12/);
    await clickAt(page, 0.5);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await untilShown(page, 'time', /^0:07/);
    await untilShown(page, 'readers', /playersamples at 0:0\d/); // it is faster than the download
    await page.getByRole('button', { name: 'Pause', exact: true }).click();
    const paused = await position(page);
    expect(paused).toBeGreaterThanOrEqual(7);
    server.bytesPerSecond = Infinity;
    await expectDecoded(page);
    expect(await position(page)).toBe(paused);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await untilShown(page, 'time', /^0:11/);
    await page.getByRole('button', { name: 'Play', exact: true }).waitFor(); // at the end it stops by itself
    expect(await position(page)).toBe(0);
  });
});
