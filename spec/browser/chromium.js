import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { unpackChromium } from './unpack-chromium.js';

/** @typedef {import('playwright-core').LaunchOptions} LaunchOptions */

/** Without a sandbox, which root cannot have. */
const args = ['--no-sandbox'];

/**
 * Launches, without a window, the browser that `CHROMIUM` names; or else the one that comes by npm,
 * which is for Linux on x64; or else an installed Chrome or Edge.
 *
 * @returns {Promise<import('playwright-core').Browser>}
 */
export async function launchChromium() {
  const failures = [];
  const { CHROMIUM } = process.env;
  if (CHROMIUM && !existsSync(CHROMIUM)) throw new Error(`CHROMIUM is ${CHROMIUM}, and there is no such file.`);
  for (const find of candidates()) {
    try {
      return await launch(await find());
    } catch (error) {
      failures.push(error instanceof Error ? error.message.split('\n', 1)[0] : error);
    }
  }
  throw new Error(
    `No browser could be launched: set CHROMIUM to the path of a Chromium, Chrome or Edge. ${failures.join(' ')}`,
  );
}

/**
 * Launches a browser with a folder of its own for what it stores for a moment: its shared memory is
 * files there, and one that ends right then leaves some.
 *
 * @param {LaunchOptions} found
 */
async function launch(found) {
  const folder = mkdtempSync(join(tmpdir(), 'chromium-'));
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    const { env = process.env } = found;
    const browser = await chromium.launch({ args, ...found, env: { ...env, TMPDIR: folder } });
    browser.once('disconnected', remove);
    return browser;
  } catch (error) {
    remove();
    throw error;
  }
}

/** @returns {(() => LaunchOptions | Promise<LaunchOptions>)[]} */
function candidates() {
  const { CHROMIUM } = process.env;
  if (CHROMIUM) return [() => ({ executablePath: CHROMIUM })];
  const installed = ['chrome', 'msedge'].map((channel) => () => ({ channel }));
  return process.platform === 'linux' && process.arch === 'x64' ? [() => unpackChromium(), ...installed] : installed;
}
