import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';

const commandsPage = readFileSync('docs/examples.md', 'utf8');
/** Has only what others use. */
const SHARED = 'shared';
/** Have tests of their own. */
const TESTED = ['caching-proxy', 'main-job', 'mediabunny', 'podcast-cache', 'progress-page'];

/** Some examples keep what they store. */
const folder = mkdtempSync(join(tmpdir(), 'tidemark-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function run(name: string): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, [`examples/${name}/main.js`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
    env: { ...process.env, TMPDIR: folder },
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code] = (await once(child, 'close')) as unknown[];
  return { code, out, err };
}

/** These lines are there, in this order. */
function expectInOrder(out: string, lines: readonly string[]): void {
  const places = lines.map((line) => out.indexOf(`${line}\n`));
  expect({ out, places }).toEqual({ out, places: places.filter((place) => place >= 0).toSorted((a, b) => a - b) });
}

describe('the examples', () => {
  const runs = {
    'custom-driver': ['sent by the server    57a12d97', 'read from the driver  57a12d97'],
    file: ['it is new, 0 bytes are there', 'it is partial, 60000 bytes are there', 'it is complete: true'],
    'music-metadata': ['isom/iso2/mp41, MPEG-4/AAC, 12.29 seconds', 'by 7159 of 248803 bytes'],
    'new-version': [
      'stored: 484385 bytes',
      'paused at second 6',
      'the server has another version',
      'replaced: the file has 485389 bytes',
      'the old version was played to its end: 12 seconds, every sample right',
      'the new version, too: 12 seconds, every sample right',
    ],
    pipeline: ['0 %', 'hash of all: 57a12d97', '100 %', 'committed 197478 bytes'],
    'progress-ui': ['it is active', '█··█················', '████████████████████', 'it is committed'],
    'sync-decoder': [
      'second 0: peak -0.3 dB',
      'second 1: peak -5.2 dB',
      'second 11: peak -8.6 dB',
      'second 12: peak -12.8 dB',
    ],
  };

  it('are a folder each, docs/examples.md has the command of each, and all of them are tested', () => {
    const folders = readdirSync('examples').filter((name) => name !== SHARED);
    expect(folders.toSorted()).toEqual([...Object.keys(runs), ...TESTED].toSorted());
    const commands: Record<string, string> = { 'main-job': 'npm start', 'progress-page': 'npm run page' };
    for (const name of folders) expect(commandsPage).toContain(commands[name] ?? `node examples/${name}/main.js`);
  });

  it.each(Object.entries(runs))('run: %s', async (name, lines) => {
    const { code, out, err } = await run(name);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expectInOrder(out, lines);
  });

  it.each([
    ['pipeline', 'docs/guides/pipeline.md'],
    ['progress-ui', 'docs/guides/progress-ui.md'],
    ['sync-decoder', 'docs/guides/sync-decoder.md'],
    ['file', 'docs/files.md'],
  ] as const)('are in the docs as they are, and with what they print: %s in %s', (name, page) => {
    const text = readFileSync(page, 'utf8');
    expect(text).toContain(['```js', readFileSync(`examples/${name}/main.js`, 'utf8').trimEnd(), '```'].join('\n'));
    for (const line of runs[name]) expect(text).toContain(`\n${line}\n`);
  });

  it('show the tail of a song before most of the rest, and the start of the music before its end is there', async () => {
    const { out } = await run('pipeline');
    const there = Number(/the tail is here: 128 bytes; (\d+) are/.exec(out)?.[1]);
    expect(there).toBeLessThan(197_478 / 2);
    const { out: decoded } = await run('sync-decoder');
    expect(decoded.indexOf('second 0')).toBeLessThan(decoded.indexOf('downloaded'));
  });
});
