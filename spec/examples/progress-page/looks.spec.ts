import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import type axeCore from 'axe-core';
import type { Page } from 'playwright-core';
import { clickAt, expectDecoded, openPage, rowOf, song, untilShown, usePage } from './page.js';

/** Kept, to be looked at. */
const SCREENSHOTS = 'test-output/progress-page';
const SIZES = [
  { width: 360, height: 740 },
  { width: 768, height: 1024 },
  { width: 1280, height: 900 },
];
const SCHEMES = ['light', 'dark'] as const;

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What an accessibility checker finds, with where. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe);
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof axeCore };
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html, failureSummary = '' }) => `${id}: ${html} ${failureSummary}`),
    );
  });
}

/** What the types of the platform lack. */
interface LayoutShiftAttribution {
  readonly node?: Node | null;
  readonly previousRect: DOMRectReadOnly;
  readonly currentRect: DOMRectReadOnly;
}

/**
 * What moves by itself: what it is, and from where to where. Not what the browser's own player
 * moves inside of itself.
 */
async function watchShifts(page: Page, past: 'with the past' | 'from now on'): Promise<() => Promise<string[]>> {
  await page.evaluate((buffered) => {
    const shifts: string[] = [];
    Object.assign(globalThis, { shifts });
    const player = document.querySelector('audio')?.getBoundingClientRect() ?? new DOMRect();
    const isInPlayer = ({ left, right, top, bottom }: DOMRectReadOnly): boolean =>
      left >= player.left && right <= player.right && top >= player.top && bottom <= player.bottom;
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as unknown as { sources: LayoutShiftAttribution[] }[]) {
        for (const { node, previousRect, currentRect } of entry.sources) {
          if (node === null && isInPlayer(previousRect) && isInPlayer(currentRect)) continue;
          const what = node instanceof HTMLElement ? node.outerHTML : node?.textContent;
          shifts.push(JSON.stringify({ what: what ?? 'gone', previousRect, currentRect }));
        }
      }
    }).observe({ type: 'layout-shift', buffered });
  }, past === 'with the past');
  return () => page.evaluate(() => (globalThis as unknown as { shifts: string[] }).shifts);
}

/** Chromium may lay out the page in another size for it: what moves by that is no shift of ours. */
async function takePicture(page: Page, name: string): Promise<void> {
  mkdirSync(SCREENSHOTS, { recursive: true });
  await page.screenshot({ path: join(SCREENSHOTS, name), fullPage: true });
  const nextFrame = (): Promise<number> => page.evaluate(() => new Promise<number>(requestAnimationFrame));
  for (let frame = 0; frame < 3; frame++) await nextFrame();
}

describe('the progress page, on other screens', () => {
  usePage();

  it('is drawn anew where the window comes to a sharper one', async () => {
    const { page } = await openPage({ context: { viewport: null } });
    const widths = (): Promise<number[]> =>
      page.locator('canvas').evaluateAll((all: HTMLCanvasElement[]) => all.map((c) => c.width / c.clientWidth));
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await expectDecoded(page);
    expect(await widths()).toEqual([1, 1]);
    const session = await page.context().newCDPSession(page);
    // And as wide as before.
    const sharper = { width: 0, height: 0, deviceScaleFactor: 2, mobile: false };
    await session.send('Emulation.setDeviceMetricsOverride', sharper);
    await page.waitForTimeout(200); // a few frames
    expect(await widths()).toEqual([2, 2]);
  });

  it('explains its colours where the user has chosen others', async () => {
    const { page } = await openPage({ context: { forcedColors: 'active' } });
    const keys = await page
      .locator('#legend li')
      .evaluateAll((items) => items.map((item) => getComputedStyle(item, '::before').backgroundColor));
    expect(new Set(keys).size).toBe(3);
  });
});

describe.each(SCHEMES)('the progress page, in %s', (colorScheme) => {
  usePage();

  it.each(SIZES)('is whole, legible and still at $width pixels', async (viewport) => {
    const { page, server } = await openPage({ context: { viewport, colorScheme, reducedMotion: 'reduce' } });
    const shifts = await watchShifts(page, 'with the past');
    expect(await violations(page)).toEqual([]);
    const name = `A song of ${'quite '.repeat(9)}a name.flac`;
    await page.getByLabel('Address of a FLAC file').fill(`${server.origin}/${encodeURIComponent(name)}`);
    await page.getByLabel('Address of a FLAC file').press('Enter');
    await rowOf(page, name).getByText('complete').waitFor();
    await page.getByRole('button', { name: `Pin ${name}` }).click();
    server.budget = Math.floor(0.25 * song.length);
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'decoded', /^2\d %$/);
    server.budget = Math.floor(0.2 * song.length);
    await clickAt(page, 0.7);
    await untilShown(page, 'downloaded', /^4[45] %$/);
    await untilShown(page, 'decoded', /^[34]\d %$/);
    expect(await shifts()).toEqual([]);
    await takePicture(page, `${viewport.width}-${colorScheme}.png`);
    const laterShifts = await watchShifts(page, 'from now on');
    expect(await violations(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(viewport.width);
    server.budget = Infinity;
    await page.getByRole('button', { name: 'Pause download' }).click();
    await page.getByRole('button', { name: 'Resume download' }).click();
    await expectDecoded(page);
    expect(await laterShifts()).toEqual([]);
  });

  it('tells of failures, and of what is off, legibly', async () => {
    const { page, server, expected } = await openPage({ isolated: false, context: { colorScheme } });
    expected.push('404');
    const serve = server.handle;
    server.handle = (exchange) =>
      exchange.request.url?.endsWith('.flac') === true ? server.serve(exchange, { status: 404 }) : serve(exchange);
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /404/);
    expect(await violations(page)).toEqual([]);
  });
});
