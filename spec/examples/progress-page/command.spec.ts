import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from '@jest/globals';

import { launchChromium } from '../../browser/chromium.js';
import { expectDecoded } from './page.js';

const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill();
});

/** The address that the command prints. */
async function start(...options: string[]): Promise<string> {
  const child = spawn(process.execPath, ['examples/progress-page/main.js', ...options], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  started.push(child);
  let out = '';
  for await (const text of child.stdout.setEncoding('utf8')) {
    out += String(text);
    const [, url] = /The page is at (\S+)/.exec(out) ?? [];
    if (url !== undefined) return url;
  }
  throw new Error(`It printed: ${out}`);
}

describe('the command that serves the progress page', () => {
  it('serves it on this machine alone, with what shared memory needs, beside a song', async () => {
    const url = await start('--port', '0', '--rate', '1000000');
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const { headers } = await fetch(url);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
    const script = await fetch(new URL('sw.js', url));
    expect(script.headers.get('content-type')).toMatch(/^text\/javascript/);
    expect(await script.text()).not.toMatch(/\b(import|export)\b/); // it is a classic one
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      await page.goto(url);
      await page.getByRole('button', { name: 'Load the sample' }).click();
      await expectDecoded(page);
    } finally {
      await browser.close();
    }
  });

  it('refuses what it does not know, and says what it knows', async () => {
    const child = spawn(process.execPath, ['examples/progress-page/main.js', '--rate', 'fast'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let error = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (error += text));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(error).toBe('--rate is "fast"; expected a positive number of bytes per second.\n');
  });
});
