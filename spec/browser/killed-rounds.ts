import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

import { bundle } from './bundle.js';
import { startChromium } from './chromium.js';
import { serveSite } from './site-server.js';

/** How long a worker writes at most before it is killed, in milliseconds. */
const LONGEST = 1500;

/** What a worker tells of what it has found. */
export interface Findings {
  /** What is wrong with it. */
  readonly problem?: string;
}

/**
 * Lets a worker look at what the one before has left and go on writing, in a browser that is killed
 * then; once more than `rounds` times. Resolves with what each has found.
 *
 * @param writer - the script of the worker, from the root of the project, without its ending
 */
export async function findingsOfKilled<F extends Findings>(writer: string, rounds: number): Promise<F[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-killed-browser-'));
  const site = await bundle([`${writer}.ts`]);
  using server = await serveSite(site, { script: '/none.js', isolated: false });
  const found: F[] = [];
  try {
    for (let round = 0; round <= rounds; round += 1) found.push(await killedAtRandom(folder, server.origin, writer));
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  }
  return found;
}

async function killedAtRandom<F extends Findings>(folder: string, origin: string, writer: string): Promise<F> {
  const { browser, kill } = await startChromium(folder);
  try {
    const [context = await browser.newContext()] = browser.contexts();
    const page = await context.newPage();
    await page.goto(origin, { timeout: 120_000 });
    const found = (await page.evaluate(
      (script) =>
        new Promise<unknown>((resolve, reject) => {
          const worker = new Worker(script, { type: 'module' });
          worker.onmessage = ({ data }: MessageEvent<unknown>) => resolve(data);
          worker.onerror = ({ message }) => {
            (globalThis as { failed?: string }).failed = message;
            reject(new Error(message));
          };
        }),
      `/${writer}.js`,
    )) as F;
    await delay(Math.random() * LONGEST);
    const failed = await page.evaluate(() => (globalThis as { failed?: string }).failed);
    return failed === undefined ? found : { ...found, problem: `it has ended: ${failed}` };
  } finally {
    await kill();
    await browser.close().catch(() => undefined);
  }
}
