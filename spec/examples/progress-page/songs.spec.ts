import { describe, expect, it } from '@jest/globals';
import { STREAMINFO_MD5 } from '../stereo-flac.js';
import { clickAt, openPage, position, song, textOf, untilShown, usePage } from './page.js';

describe('the progress page, with songs of all kinds', () => {
  usePage();

  it('takes a song whose header knows neither its length nor its MD5', async () => {
    const content = Buffer.from(song);
    content.writeUInt8(content.readUInt8(21) & 0xf0, 21);
    content.fill(0, 22, STREAMINFO_MD5.end);
    const { page, server } = await openPage({ content, bytesPerSecond: 150_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'time', /^0:00 of 0:0[2-9]$/); // as much as is decoded
    expect(await textOf(page, 'decoded')).toBe('–');
    await clickAt(page, 0.99);
    await page.waitForTimeout(50); // a frame or more
    expect(await position(page)).toBeGreaterThan(0);
    server.bytesPerSecond = Infinity;
    await untilShown(page, 'message', /^All samples are decoded; .*, and the file’s header has none.$/);
    await untilShown(page, 'time', /of 0:12$/);
    await untilShown(page, 'decoded', /^100 %$/);
  });
});
