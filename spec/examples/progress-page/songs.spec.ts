import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { Page } from 'playwright-core';
import { encodeStereo, STREAMINFO_MD5 } from '../stereo-flac.js';
import { clickAt, openPage, position, song, textOf, untilShown, usePage } from './page.js';

/** What the sound card has been given: a stretch of samples. */
interface Stretch {
  /** When it begins, on the context's clock, in seconds. */
  readonly at: number;
  readonly contextRate: number;
  readonly channels: number[][];
}

/** Records from now on what is given to the sound card. */
async function listen(page: Page): Promise<() => Promise<Stretch[]>> {
  await page.evaluate(() => {
    const stretches: Stretch[] = [];
    Object.assign(globalThis, { stretches });
    const prototype: { start: (this: AudioBufferSourceNode, at?: number) => void } = AudioBufferSourceNode.prototype;
    const { start } = prototype;
    prototype.start = function (at = 0) {
      const { buffer, context } = this;
      const channels = Array.from({ length: buffer?.numberOfChannels ?? 0 }, (_, channel) => [
        ...(buffer?.getChannelData(channel) ?? []),
      ]);
      stretches.push({ at, contextRate: context.sampleRate, channels });
      start.call(this, at);
    };
  });
  // As text: there are too many numbers to be passed one by one.
  const text = (): Promise<string> =>
    page.evaluate(() => JSON.stringify((globalThis as unknown as { stretches: Stretch[] }).stretches));
  return async () => JSON.parse(await text()) as Stretch[];
}

/** The longest silence between two of them, in seconds. */
function longestGap(stretches: readonly Stretch[]): number {
  const ends = stretches.map(({ at, contextRate, channels }) => at + (channels[0]?.length ?? 0) / contextRate);
  return Math.max(...stretches.slice(1).map(({ at }, index) => Math.abs(at - (ends[index] ?? NaN))));
}

describe('the progress page, with songs of all kinds', () => {
  usePage();

  it.each([8, 24])('plays each sample of stereo of %i bits, at its own rate and without a gap', async (bits) => {
    const content = await encodeStereo(bits);
    const { page } = await openPage({ content });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /the one in the file’s header/);
    const stretches = await listen(page);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await untilShown(page, 'play', /^Pause$/);
    await untilShown(page, 'play', /^Play$/); // it has ended
    const played = await stretches();
    const hash = createHash('md5');
    for (const {
      contextRate,
      channels: [left = [], right = []],
    } of played) {
      expect(contextRate).toBe(48_000);
      const pcm = Buffer.alloc((left.length * 2 * bits) / 8);
      left.forEach((sample, at) => {
        [sample, right[at] ?? NaN].forEach((value, channel) =>
          pcm.writeIntLE(value * 2 ** (bits - 1), ((2 * at + channel) * bits) / 8, bits / 8),
        );
      });
      hash.update(pcm);
    }
    expect(hash.digest()).toEqual(content.subarray(STREAMINFO_MD5.start, STREAMINFO_MD5.end));
    expect(longestGap(played)).toBeLessThan(1e-6);
  });

  it('plays on while the page is busy', async () => {
    const { page } = await openPage();
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /MD5/);
    const stretches = await listen(page);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await page.waitForTimeout(300);
    await page.evaluate(() => {
      for (const until = performance.now() + 700; performance.now() < until;);
    });
    await page.waitForTimeout(500);
    expect(longestGap(await stretches())).toBeLessThan(1e-6);
  });

  it('decodes a song whose header knows neither its length nor its MD5', async () => {
    const content = Buffer.from(song);
    content.writeUInt8(content.readUInt8(21) & 0xf0, 21);
    content.fill(0, 22, STREAMINFO_MD5.end);
    const { page, server } = await openPage({ content, bytesPerSecond: 80_000 });
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
