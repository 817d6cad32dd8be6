import { execFileSync } from 'node:child_process';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Runs a command in a folder and returns what it prints; what it prints as it fails is in the
 * error.
 */
export function run(folder: string, command: string, ...args: string[]): string {
  try {
    return execFileSync(command, args, {
      cwd: folder,
      encoding: 'utf8',
      stdio: 'pipe',
      shell: process.platform === 'win32',
    });
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${command} ${args.join(' ')}\n${stdout}${stderr}`, { cause: error });
  }
}

/** An empty project of ES modules. */
export function emptyProject(): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'tidemark-project-'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'project', private: true, type: 'module' }));
  return folder;
}

/** Packs the built package into a folder, as it would be published; returns the tarball. */
export function pack(folder: string): string {
  const [packed] = JSON.parse(run(ROOT, 'npm', 'pack', '--ignore-scripts', '--json', '--pack-destination', folder)) as {
    filename: string;
  }[];
  if (packed === undefined) throw new Error('npm pack packed nothing.');
  return join(folder, packed.filename);
}

/**
 * A project that has what would be packed, and every other package from this repository: without a
 * registry.
 */
export function linkedProject(): string {
  const folder = emptyProject();
  const modules = join(folder, 'node_modules');
  const [packed] = JSON.parse(run(ROOT, 'npm', 'pack', '--ignore-scripts', '--json', '--dry-run')) as {
    files: { path: string }[];
  }[];
  for (const { path } of packed?.files ?? []) cpSync(join(ROOT, path), join(modules, 'tidemark', path));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (name.startsWith('.')) continue;
    mkdirSync(modules, { recursive: true });
    symlinkSync(join(ROOT, 'node_modules', name), join(modules, name), 'junction');
  }
  return folder;
}

/**
 * Package managers that a user may have, and how each adds packages to a project; koffi's script
 * may run.
 */
const ADD = {
  npm: ['npm', 'install', '--no-audit', '--no-fund', '--prefer-offline'],
  pnpm: ['npx', '--yes', '--package=pnpm@12', 'pnpm', 'add', '--prefer-offline', '--allow-build=koffi'],
} as const;
export const MANAGERS = ['npm', 'pnpm'] as const satisfies (keyof typeof ADD)[];

/** Adds the packed package and others to a project, from the registry. */
export function installWith(manager: keyof typeof ADD, project: string, ...packages: string[]): void {
  const [command, ...args] = ADD[manager];
  run(project, command, ...args, pack(project), ...packages);
}

/** `name@version` for each, as it is installed in this repository. */
export function sameAsHere(...names: string[]): string[] {
  return names.map((name) => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'node_modules', name, 'package.json'), 'utf8')) as {
      version: string;
    };
    return `${name}@${manifest.version}`;
  });
}

/** Writes a file of a project. */
export function write(folder: string, name: string, text: string): void {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
