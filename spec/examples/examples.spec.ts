import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

const readme = readFileSync('README.md', 'utf8');
/** Has only what others use. */
const SHARED = 'shared';
/** Have tests of their own. */
const TESTED = ['caching-proxy', 'main-job', 'mediabunny', 'progress-page'];

async function run(name: string): Promise<{ code: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, [`examples/${name}/main.js`], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 50_000,
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
    pipeline: ['0 %', 'hash of all: 57a12d97', '100 %', 'committed 197478 bytes'],
    'progress-ui': ['it is active', '█··█················', '████████████████████', 'it is committed'],
    'sync-decoder': [
      'second 0: peak -0.3 dB',
      'second 1: peak -5.2 dB',
      'second 11: peak -8.6 dB',
      'second 12: peak -12.8 dB',
    ],
  };

  it('are a folder each, which the README tells how to run, and all of them are tested', () => {
    const folders = readdirSync('examples').filter((name) => name !== SHARED);
    expect(folders.toSorted()).toEqual([...Object.keys(runs), ...TESTED].toSorted());
    const commands: Record<string, string> = { 'main-job': 'npm start', 'progress-page': 'npm run page' };
    for (const name of folders) expect(readme).toContain(commands[name] ?? `node examples/${name}/main.js`);
  });

  it.each(Object.entries(runs))('run: %s', async (name, lines) => {
    const { code, out, err } = await run(name);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expectInOrder(out, lines);
  });

  it.each(['pipeline', 'progress-ui', 'sync-decoder', 'file'] as const)(
    'are in the README as they are, and with what they print: %s',
    (name) => {
      expect(readme).toContain(['```js', readFileSync(`examples/${name}/main.js`, 'utf8').trimEnd(), '```'].join('\n'));
      for (const line of runs[name]) expect(readme).toContain(`\n${line}\n`);
    },
  );

  it('show the tail of a song before most of the rest, and the start of the music before its end is there', async () => {
    const { out } = await run('pipeline');
    const there = Number(/the tail is here: 128 bytes; (\d+) are/.exec(out)?.[1]);
    expect(there).toBeLessThan(197_478 / 2);
    const { out: decoded } = await run('sync-decoder');
    expect(decoded.indexOf('second 0')).toBeLessThan(decoded.indexOf('downloaded'));
  });
});
