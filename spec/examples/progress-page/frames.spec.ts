import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { columnsIn, openPage, usePage } from './page.js';

/** Of script in a frame, in milliseconds: what the page allows itself. */
const BUDGET = 8;

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
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const scriptTime = async (): Promise<number> => {
      const { metrics } = await session.send('Performance.getMetrics');
      return 1000 * (metrics.find(({ name }) => name === 'ScriptDuration')?.value ?? NaN);
    };
    await page.evaluate(() => {
      const frames: number[] = [];
      Object.assign(globalThis, { frames });
      const measure = (): void => {
        frames.push(performance.now());
        requestAnimationFrame(measure);
      };
      measure();
    });
    await page.addScriptTag({ content: bundle.outputFiles[0]?.text ?? '' });
    const before = await scriptTime();
    const countBefore = await page.evaluate(() => (globalThis as unknown as { frames: number[] }).frames.length);
    await page.waitForFunction(() => 'rangesDrawn' in globalThis);
    const after = await scriptTime();
    const { ranges, count } = await page.evaluate(() => {
      const { rangesDrawn, frames } = globalThis as unknown as { rangesDrawn: number; frames: number[] };
      return { ranges: rangesDrawn, count: frames.length };
    });
    const perFrame = (after - before) / (count - countBefore);
    expect(ranges).toBeGreaterThan(9_000);
    const { '--missing': missing } = await columnsIn(page, 'coverage', ['--missing']);
    expect(missing).toBeLessThan(0.01); // every column has something
    expect(perFrame).toBeLessThan(BUDGET);
  });
});
