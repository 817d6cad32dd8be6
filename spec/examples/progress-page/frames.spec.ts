import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { columnsIn, openPage, usePage } from './page.js';

/** Of script in a frame, in milliseconds: what the page allows itself. */
const BUDGET = 8;

/** What a frame spends in its callbacks, of each frame in which there are some. */
async function watchFrames(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const frames = new Map<number, number>();
    const request = requestAnimationFrame.bind(globalThis);
    globalThis.requestAnimationFrame = (callback) =>
      request((time) => {
        const start = performance.now();
        callback(time);
        frames.set(time, (frames.get(time) ?? 0) + performance.now() - start);
      });
    Object.assign(globalThis, { frames });
  });
  return () => page.evaluate(() => [...(globalThis as unknown as { frames: Map<number, number> }).frames.values()]);
}

/** All of the page's script up to now, in milliseconds: also what is between frames. */
async function watchScript(page: Page): Promise<() => Promise<number>> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable');
  return async () => {
    const { metrics } = await session.send('Performance.getMetrics');
    return 1000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? NaN);
  };
}

describe('the progress page, with 10,000 ranges', () => {
  usePage();

  it('draws them anew in each frame, and leaves most of its time', async () => {
    const { page } = await openPage();
    const bundle = await build({
      entryPoints: [fileURLToPath(new URL('many-ranges.ts', import.meta.url))],
      bundle: true,
      format: 'iife',
      write: false,
      minify: true,
    });
    const frameTimes = await watchFrames(page);
    const scriptTime = await watchScript(page);
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
    const before = await scriptTime();
    await page.waitForFunction(() => 'rangesDrawn' in globalThis);
    const spent = (await scriptTime()) - before;

    expect(await page.evaluate(() => (globalThis as unknown as { rangesDrawn: number }).rangesDrawn)).toBeGreaterThan(
      9_000,
    );
    const { '--missing': missing } = await columnsIn(page, 'coverage', ['--missing']);
    expect(missing).toBeLessThan(0.01); // every column has something
    const frames = (await frameTimes()).toSorted((a, b) => a - b);
    expect(frames.length).toBeGreaterThan(100);
    expect(frames[Math.floor(0.95 * frames.length)]).toBeLessThan(BUDGET);
    expect(spent / frames.length).toBeLessThan(BUDGET);
  });
});
