import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';

import { rounds } from '../run/rounds.js';
import { bundle } from './bundle.js';
import { startChromium } from './chromium.js';
import { serveSite } from './site-server.js';
import type { FoundStore } from './suites/opfs-store-writer.js';

const WRITER = 'spec/browser/suites/opfs-store-writer';
const ROUNDS = rounds(200, 20);
/** How long it writes at most before it is killed, in milliseconds. */
const LONGEST = 1500;

/** Lets a worker of a new browser look at what is there and go on writing, and kills it all. */
async function killedAtRandom(folder: string, origin: string): Promise<FoundStore> {
  const { browser, kill } = await startChromium(folder);
  try {
    const [context = await browser.newContext()] = browser.contexts();
    const page = await context.newPage();
    await page.goto(origin, { timeout: 120_000 });
    const found = await page.evaluate(
      (script) =>
        new Promise<FoundStore>((resolve, reject) => {
          const worker = new Worker(script, { type: 'module' });
          worker.onmessage = ({ data }: MessageEvent<FoundStore>) => resolve(data);
          worker.onerror = ({ message }) => {
            (globalThis as { failed?: string }).failed = message;
            reject(new Error(message));
          };
        }),
      `/${WRITER}.js`,
    );
    await delay(Math.random() * LONGEST);
    const failed = await page.evaluate(() => (globalThis as { failed?: string }).failed);
    return failed === undefined ? found : { ...found, problem: `it has ended: ${failed}` };
  } finally {
    await kill();
    await browser.close().catch(() => undefined);
  }
}

describe('a browser that is killed while a worker uses a store', () => {
  it('leaves entries that have what they say, within the quota', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-killed-store-'));
    const site = await bundle([`${WRITER}.ts`]);
    using server = await serveSite(site, { script: '/none.js', isolated: false });
    const found: FoundStore[] = [];
    try {
      for (let round = 0; round <= ROUNDS; round += 1) found.push(await killedAtRandom(folder, server.origin));
    } finally {
      rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
    }
    expect(found.filter(({ problem }) => problem !== undefined)).toEqual([]);
    // It is met with a good part of it there.
    expect(found.filter(({ coveredBytes }) => coveredBytes > 10_000_000).length).toBeGreaterThan(ROUNDS / 4);
    expect(found.filter(({ complete }) => complete > 0).length).toBeGreaterThan(ROUNDS / 4);
  }, 3_600_000);
});
