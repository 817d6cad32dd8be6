import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { installed, WEBKIT } from './installed.js';

/** @import { ChildProcess, SpawnOptions } from 'node:child_process' */
/** @import { Readable } from 'node:stream' */
/** @import { DrivenBrowser, DrivenPage } from './driven.js' */

/** How long the driver may take to listen, in milliseconds. */
const STARTED_WITHIN = 20_000;
/** How long a script in the page may take, in milliseconds. */
const SCRIPT = 90_000;
/**
 * How WebKitGTK is changed. Without the first, no page has shared memory, isolated or not; with it,
 * every page. The second: all memory that can grow lies in 64 GiB of addresses otherwise, which are
 * room for 30 resources of 2 GiB, and some tests have more at a time.
 */
const SWITCHES = { JSC_useSharedArrayBuffer: '1', GIGACAGE_ENABLED: '0' };

/**
 * Launches the installed WebKitGTK, on a screen and a bus of its own, and drives it by WebDriver.
 * It has one page at a time: to open another one closes the one before.
 *
 * @returns {Promise<DrivenBrowser>}
 */
export async function launchWebKit() {
  const [driver = '', screen = '', bus = ''] = WEBKIT.map((name) => installed(name));
  /** @type {ChildProcess[]} */
  const started = [];
  /** @type {(command: string, args: string[], options: SpawnOptions) => ChildProcess} */
  const start = (command, args, options) => {
    // A group of its own, with all that it starts.
    const child = spawn(command, args, { ...options, detached: true });
    started.unshift(child);
    return child;
  };
  // It leaves sockets of the sound server behind.
  const folder = mkdtempSync(join(tmpdir(), 'webkit-'));
  const end = async () => {
    for (const child of started.splice(0)) await endGroup(child);
    rmSync(folder, { recursive: true, force: true, maxRetries: 10 });
  };
  try {
    const { stdio } = start(screen, ['-displayfd', '3', '-nolisten', 'tcp'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    });
    const display = await firstLine(/** @type {Readable} */ (stdio[3]));
    const port = await freePort();
    start(bus, ['--', driver, `--port=${port}`], {
      stdio: 'ignore',
      env: { ...process.env, ...SWITCHES, DISPLAY: `:${display}`, TMPDIR: folder, XDG_RUNTIME_DIR: folder },
    });
    const command = commandsTo(`http://127.0.0.1:${port}`);
    await listening(command);
    return await browserOf(command, end);
  } catch (error) {
    await end();
    throw error;
  }
}

/** @typedef {(method: string, path: string, body?: object) => Promise<any>} Command */

/**
 * @param {Command} command
 * @param {() => Promise<void>} end
 * @returns {Promise<DrivenBrowser>}
 */
async function browserOf(command, end) {
  /** @type {DrivenPage | undefined} */
  let current;
  const { page, version } = await newPage(command);
  current = page;
  return {
    name: `WebKitGTK ${version}`,
    async open() {
      await current?.close();
      ({ page: current } = await newPage(command));
      return current;
    },
    async close() {
      await current?.close();
      await end();
    },
  };
}

/**
 * A session of WebDriver is one browser with a profile of its own.
 *
 * @param {Command} command
 * @returns {Promise<{ page: DrivenPage; version: string }>}
 */
async function newPage(command) {
  const { sessionId, capabilities } = await command('POST', '/session', { capabilities: {} });
  const session = `/session/${sessionId}`;
  await command('POST', `${session}/timeouts`, { script: SCRIPT, pageLoad: 30_000 });
  let isOpen = true;
  return {
    version: capabilities.browserVersion,
    page: {
      goto: (url) => command('POST', `${session}/url`, { url }),
      async evaluate(run, ...args) {
        const { value, error } = await command('POST', `${session}/execute/async`, { script: scriptOf(run), args });
        if (error !== undefined) throw new Error(error);
        return value;
      },
      async close() {
        if (!isOpen) return;
        isOpen = false;
        await command('DELETE', session);
      },
    },
  };
}

/**
 * The body of a function whose last argument takes the result.
 *
 * @param {Function} run
 */
function scriptOf(run) {
  return `
    const args = [...arguments];
    const done = args.pop();
    (async () => (${run.toString()})(...args))().then(
      (value) => done({ value }),
      (error) => done({ error: String(error) }),
    );
  `;
}

/**
 * @param {string} origin
 * @returns {Command}
 */
function commandsTo(origin) {
  return async (method, path, body) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: AbortSignal.timeout(SCRIPT + 5000),
    });
    const { value } = /** @type {{ value: any }} */ (await response.json());
    if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
    return value;
  };
}

/** @param {Command} command */
async function listening(command) {
  const end = performance.now() + STARTED_WITHIN;
  for (;;) {
    try {
      return await command('GET', '/status');
    } catch (cause) {
      if (performance.now() > end) throw new Error('WebKitWebDriver does not answer.', { cause });
    }
    await delay(50);
  }
}

/** @param {ChildProcess} child */
async function endGroup(child) {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  process.kill(-child.pid, 'SIGTERM');
  await ended;
}

/** @param {Readable} stream */
async function firstLine(stream) {
  let read = '';
  for await (const part of stream.setEncoding('utf8')) {
    read += part;
    if (read.includes('\n')) break;
  }
  return read.trim();
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  await once(server, 'close');
  return port;
}
