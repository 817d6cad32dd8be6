import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
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
 * Starts a browser that keeps what it stores in `folder`, and can be killed; of those that
 * {@link launchChromium} tries, the one that is named or comes by npm.
 *
 * @param {string} folder
 */
export async function startChromium(folder) {
  const { CHROMIUM } = process.env;
  const { executablePath, env = process.env } = CHROMIUM ? { executablePath: CHROMIUM } : await unpackChromium();
  const port = join(folder, 'DevToolsActivePort');
  rmSync(port, { force: true });
  const all = [...args, '--headless', '--remote-debugging-port=0', '--no-first-run', `--user-data-dir=${folder}`];
  // A group of its own, with all that it starts.
  const child = spawn(executablePath, all, { env: { ...env, TMPDIR: folder }, stdio: 'ignore', detached: true });
  const ended = once(child, 'exit');
  const kill = async () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  while (!existsSync(port) || !readFileSync(port, 'utf8').includes('\n')) {
    if (child.exitCode !== null) throw new Error(`The browser has ended with ${child.exitCode}.`);
    await delay(20);
  }
  const [number] = readFileSync(port, 'utf8').split('\n');
  const browser = await chromium.connectOverCDP(`http://127.0.0.1:${number}`, { timeout: 120_000 });
  return { browser, kill };
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
