import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

import { blocksOf, blocksOfComments, type CodeBlock, pages } from './code-blocks.js';
import { ROOT, run, write } from './scratch-project.js';

/** Every block of code of the documentation that is to be pasted into a project. */
export function examples(): CodeBlock[] {
  return pages(ROOT)
    .flatMap((page) => blocksOf(ROOT, page))
    .filter(({ kind }) => kind !== 'fragment');
}

/**
 * Those of the doc comments: complete as well, but for values that they declare, and so nothing to
 * run.
 */
export function commentExamples(): CodeBlock[] {
  return blocksOfComments(ROOT);
}

/**
 * Those that a reader would start: not what another block of the page imports, or starts as a
 * worker.
 */
export function programs(blocks: readonly CodeBlock[]): CodeBlock[] {
  return blocks.filter(({ page, file, kind }) => {
    const stem = `'./${file.replace(/\.\w+$/, '')}.`;
    return kind !== 'browser' && !blocks.some((other) => other.page === page && other.code.includes(stem));
  });
}

/**
 * Pastes the blocks into a project, a folder for each page, with a `tsconfig.json` for all of them.
 */
export function paste(project: string, blocks: readonly CodeBlock[]): void {
  const names = blocks.map(fileOf);
  const twice = names.find((name, i) => names.indexOf(name) !== i);
  if (twice !== undefined) throw new Error(`Two blocks of one page have the name of ${twice}.`);
  for (const block of blocks) write(project, fileOf(block), block.code);
  write(project, 'tsconfig.json', JSON.stringify({ compilerOptions: COMPILER_OPTIONS, files: names }));
}

const COMPILER_OPTIONS = {
  target: 'ES2022',
  module: 'NodeNext',
  moduleDetection: 'force',
  lib: ['ES2024', 'ESNext.Disposable', 'DOM', 'DOM.Iterable'],
  types: ['node', 'emscripten'],
  jsx: 'react-jsx',
  experimentalDecorators: true,
  strict: true,
  noUncheckedIndexedAccess: true,
  skipLibCheck: true,
  allowJs: true,
  checkJs: true,
  rootDir: '.',
  outDir: 'compiled',
};

/**
 * Compiles what was pasted, with the TypeScript of this repository; throws with what it finds
 * wrong.
 */
export function compile(project: string): void {
  run(project, process.execPath, join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.');
}

/**
 * Bundles what was pasted for a browser, with the esbuild of this repository; throws with what it
 * finds wrong.
 */
export function bundle(project: string, blocks: readonly CodeBlock[]): void {
  const options = ['--bundle', '--format=esm', '--outdir=bundled', '--log-level=warning', '--jsx=automatic'];
  run(project, join(ROOT, 'node_modules/.bin/esbuild'), ...options, ...blocks.map(fileOf));
}

/** What became of a program that was started. */
export interface Outcome {
  readonly code: number | null;
  readonly lines: readonly string[];
  readonly errors: string;
}

const FETCH_SONGS = new URL('./fetch-songs.js', import.meta.url).href;
const LONGEST = 30_000; // ms; an example that takes longer is stopped, and has no exit code

/**
 * Runs a pasted block in an empty folder of its own; a server is stopped when it has printed a
 * line. `songs` is the address of what {@link serveSongs} serves.
 */
export async function start(project: string, block: CodeBlock, songs: string): Promise<Outcome> {
  const file = fileOf(block);
  const cwd = join(project, 'runs', file);
  mkdirSync(join(cwd, 'tmp'), { recursive: true });
  const script = file.endsWith('.js') ? join(project, file) : join(project, 'compiled', file.replace(/\.\w+$/, '.js'));
  const child = spawn(process.execPath, [script], {
    cwd,
    env: { ...process.env, TMPDIR: join(cwd, 'tmp'), SONGS: songs, NODE_OPTIONS: `--import=${FETCH_SONGS}` },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: LONGEST,
  });
  let out = '';
  let errors = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (block.kind === 'server' && out.includes('\n')) child.kill();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  return { code: block.kind === 'server' && child.killed ? 0 : code, lines: out.split('\n'), errors };
}

/** Those of `expected` that are not among `lines`, in order; `…` stands for any lines. */
export function missingLines(lines: readonly string[], expected: readonly string[]): string[] {
  let at = 0;
  return expected.filter((line) => {
    if (line === '…') return false;
    const found = lines.indexOf(line, at);
    if (found >= 0) at = found + 1;
    return found < 0;
  });
}

function fileOf({ page, file }: CodeBlock): string {
  return `${page.replace(/\.\w+$/, '')}/${file}`;
}
