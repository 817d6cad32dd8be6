import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

/**
 * Real runs of jest, as `npm test` makes them, each with a folder for temporary files of its own.
 */

const JEST = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning', 'node_modules/jest/bin/jest.js'];

let folder: string;
let running: ChildProcess;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'run-'));
});

afterEach(() => {
  running.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** Runs it in one process, in which nothing ends by force what a test has left open. */
async function jest(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<{ code: unknown; text: string }> {
  running = spawn(process.execPath, [...JEST, ...args, '--runInBand'], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, CI: undefined, CHROMIUM: undefined, TMPDIR: folder, ...env },
  });
  let text = '';
  for (const stream of [running.stdout, running.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  }
  const [code] = (await once(running, 'close')) as unknown[];
  return { code, text };
}

function isRunning(id: number): boolean {
  try {
    return process.kill(id, 0);
  } catch {
    return false;
  }
}

describe('a run of the tests', () => {
  it('ends though a setup has failed, removes and ends what that has left behind, and says what it was', async () => {
    const { code, text } = await jest(['--config', 'spec/run/fixtures/jest.config.js']);
    expect(code).toBe(1);
    expect(text).toContain('The setup has failed.');
    const found = [...text.matchAll(/^A test has left behind: (.*)$/gm)].map(([, what = '']) => what);
    const patterns = [/^process \d+, .* -e setInterval/, /a file$/, /another$/];
    // Only Linux tells which processes there are.
    const expected = patterns.slice(process.platform === 'linux' ? 0 : 1);
    expect(found).toEqual(expected.map((pattern) => expect.stringMatching(pattern)));
    const ids = found.flatMap((what) => /^process (\d+)/.exec(what)?.[1] ?? []).map(Number);
    expect(ids.filter(isRunning)).toEqual([]);
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe('a run of the tests without a browser', () => {
  const TESTS = ['--selectProjects', 'memory', 'browser', '--runTestsByPath'];
  const FILES = ['spec/browser/page.spec.ts', 'spec/range/byte-range.spec.ts'];
  const NOWHERE = { NODE_OPTIONS: `--import ${new URL('./fixtures/no-browser.js', import.meta.url).href}` };

  it('leaves out what needs one, and says so once, with what to do', async () => {
    const { code, text } = await jest([...TESTS, ...FILES], NOWHERE);
    expect(
      text.match(/Tests in a browser ARE LEFT OUT\. No browser could be launched: set CHROMIUM to the path/g),
    ).toHaveLength(1);
    expect(text).toContain('PASS memory spec/range/byte-range.spec.ts');
    expect([code, text.includes('browser spec/browser/page.spec')]).toEqual([0, false]);
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['CI=true', { CI: 'true', ...NOWHERE }, 'No browser could be launched: set CHROMIUM to the path'],
    ['CHROMIUM naming one', { CHROMIUM: '/no/browser' }, 'CHROMIUM is /no/browser, and there is no such file.'],
  ])('fails with %s, and ends', async (_, env, message) => {
    const { code, text } = await jest([...TESTS, ...FILES], env);
    expect(text).toContain('FAIL browser spec/browser/page.spec.ts');
    expect(text).toContain(message);
    expect(code).toBe(1);
    expect(readdirSync(folder)).toEqual([]);
  });
});
