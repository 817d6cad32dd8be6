import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { Resource } from '../../lib/index.js';
import { MmapDriver } from '../../lib/node.js';
import { errorOf } from '../support/code-of.js';

/**
 * The packed package in projects of its own, run by what is not Node. npx fetches these once; they
 * are 100 MB each. The package is named by an option, since these tests may themselves be run by an
 * npx with one, which hands it down.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const TOUR = fileURLToPath(new URL('./fixtures/tour.js', import.meta.url));
const RUNTIMES = [
  { name: 'Bun', command: ['--package=bun@1.4.5', 'bun'], maps: false, install: 'bun add koffi' },
  { name: 'Deno', command: ['--package=deno@2.9.6', 'deno', 'run', '-A'], maps: true, install: 'deno add npm:koffi' },
] as const;
const MINUTES = 60_000;

const base = mkdtempSync(join(tmpdir(), 'tidemark-runtimes-'));
const projects = { koffi: join(base, 'with'), none: join(base, 'without') };
let folders = 0;

beforeAll(() => {
  npm(ROOT, ['pack', '--ignore-scripts', '--pack-destination', base]);
  const tarball = join(base, readdirSync(base).find((name) => name.endsWith('.tgz')) ?? '');
  for (const [name, project] of Object.entries(projects)) {
    cpSync(TOUR, join(project, 'tour.js'));
    writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
    // Nothing is compiled: what each package brings ready-made has to do.
    const packages = name === 'koffi' ? [tarball, 'rxjs@7', 'koffi@3'] : [tarball, 'rxjs@7', '--omit=optional'];
    npm(project, ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--prefer-offline', ...packages]);
  }
}, 5 * MINUTES);

afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});

function npm(cwd: string, args: string[]): void {
  execFileSync('npm', args, { cwd, stdio: 'pipe' });
}

function freshFolder(): string {
  return mkdtempSync(join(base, `files-${(folders += 1)}-`));
}

/** What the tour prints; all that the runtime says where it does not get there. */
function run(project: string, command: readonly string[], ...args: string[]): unknown {
  const { stdout, stderr, status } = spawnSync('npx', ['-y', ...command, 'tour.js', ...args], {
    cwd: project,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`It ended with ${String(status)}: ${stdout}${stderr}`);
  return JSON.parse(stdout);
}

const MEMORY = {
  downloaded: 0,
  readInThreads: [true, true],
  chunks: 50,
  answered: 10,
  served: 10,
  blockedOnItself: 'DEADLOCK',
};

describe.each(RUNTIMES)('on $name,', ({ name, command, maps, install }) => {
  it(
    'memory, threads, HTTP, and files read, written, resumed and claimed work with koffi',
    () => {
      expect(run(projects.koffi, command, freshFolder())).toEqual({
        memory: MEMORY,
        reading: maps
          ? { same: 0, mapping: 'koffi', view: 4, named: ['UNSUPPORTED', 'works'] }
          : { same: 0, mapping: 'off', view: 'UNSUPPORTED', named: ['UNSUPPORTED', 'UNSUPPORTED'] },
        writing: {
          second: 'CLAIMED',
          claimed: true,
          coveredBytes: 20_000,
          from: 'partial',
          readInThreads: [true, true],
          committed: 0,
          changed: 'changed',
          removed: true,
        },
        made: true,
      });
    },
    5 * MINUTES,
  );

  it(
    'everything but writing files works without koffi, and that is UNSUPPORTED before anything is made on disk',
    () => {
      const folder = freshFolder();
      expect(run(projects.none, command, folder)).toEqual({
        memory: MEMORY,
        reading: { same: 0, mapping: 'off', view: 'UNSUPPORTED', named: ['UNSUPPORTED', 'UNSUPPORTED'] },
        writing: { code: 'UNSUPPORTED', message: expect.stringContaining(`${name}, `) as unknown },
        made: false,
      });
      expect(run(projects.none, command, folder, 'try')).toMatchObject({
        code: 'UNSUPPORTED',
        message: expect.stringContaining(install) as unknown,
      });
      expect(readdirSync(folder)).toEqual(['complete']);
    },
    5 * MINUTES,
  );

  it(
    'and on Node, writers of one path keep each other away',
    async () => {
      const folder = freshFolder();
      const resource = Resource.open(new MmapDriver({ path: join(folder, 'content') }));
      expect(run(projects.koffi, command, folder, 'try')).toMatchObject({ code: 'CLAIMED' });
      resource.close();
      const holder = spawn('npx', ['-y', ...command, 'tour.js', folder, 'hold'], { cwd: projects.koffi });
      const ended = new Promise((resolve) => holder.once('exit', resolve));
      await new Promise((resolve) => holder.stdout.once('data', resolve));
      expect(errorOf(() => Resource.open(new MmapDriver({ path: join(folder, 'content') }))).code).toBe('CLAIMED');
      holder.stdin.end();
      await ended;
      Resource.open(new MmapDriver({ path: join(folder, 'content') })).close();
    },
    5 * MINUTES,
  );
});
