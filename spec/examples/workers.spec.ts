import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { awaits, isDangerous } from './module-bodies.js';

const FOLDER = 'spec/examples/workers';
const names = readdirSync(FOLDER);
const page = readFileSync('docs/workers.md', 'utf8');

/** The modules in a folder, but those of the reproduction. */
function modulesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name}`)
    .filter((path) => /\.[jt]s$/.test(path) && !/\.d\.ts$|\/dist\//.test(path));
}

async function run(...args: string[]): Promise<{ code: unknown; signal: unknown; out: string; err: string }> {
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  const [code, signal] = (await once(child, 'close')) as unknown[];
  return { code, signal, out, err };
}

describe('docs/workers.md', () => {
  it.each(names)('shows %s as it is', (name) => {
    const text = readFileSync(`${FOLDER}/${name}`, 'utf8').trimEnd();
    // `mjs`: nothing to be pasted and run (`spec/install`), since it ends the process.
    const language = name.endsWith('.mjs') ? 'mjs' : 'js';
    expect(page).toContain(['```' + language, `// ${name}`, text, '```'].join('\n'));
  });

  it.each([
    ['main.js', 'high tide\n'],
    ['reader.js', 'CLOSED\n'],
  ])('shows %s, which prints what it says', async (name, out) => {
    expect(page).toContain(['```output', out + '```'].join('\n'));
    expect(await run(`${FOLDER}/${name}`)).toEqual({ code: 0, signal: null, out, err: '' });
  });

  it('shows mended.mjs, which is terminated on every Node, in the place of worker.mjs', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-workers-'));
    try {
      for (const name of ['dep.mjs', 'abort.mjs']) copyFileSync(`${FOLDER}/${name}`, join(folder, name));
      copyFileSync(`${FOLDER}/mended.mjs`, join(folder, 'worker.mjs'));
      expect(await run(join(folder, 'abort.mjs'))).toEqual({ code: 0, signal: null, out: '', err: '' });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

describe('no module without a top-level await imports one with', () => {
  it('in the reproduction, but for the one that shows it', () => {
    expect(names.filter((name) => isDangerous(`${FOLDER}/${name}`))).toEqual(['worker.mjs']);
  });

  it('in the examples, but for those of the page, which are bundled into one that awaits itself', () => {
    expect(awaits('examples/shared/flac/flac-decoder.js')).toBe(true);
    const dangerous = modulesIn('examples').filter(isDangerous);
    expect(dangerous.filter((path) => !path.startsWith('examples/progress-page/src/'))).toEqual([]);
  });

  it('in what tests and the bench start as workers', () => {
    const modules = modulesIn('spec').filter((path) => /\/(fixtures|threads|workers)\/.*\.js$/.test(path));
    expect(modules).toContain('spec/support/threads/reader-thread.js');
    expect(modules.filter(isDangerous)).toEqual([]);
  });

  it('in the library, which awaits nowhere at its top level: workers that others write import it', () => {
    const library = modulesIn('lib');
    expect(library).toContain('lib/sync.ts');
    expect(library.filter(awaits)).toEqual([]);
  });
});
