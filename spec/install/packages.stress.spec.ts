import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';

import { emptyProject, installWith, run, sameAsHere } from './scratch-project.js';

/** The package, its peer, and what each of them needs. */
const BROUGHT = [
  ...['bare-addon-resolve', 'bare-module-resolve', 'bare-semver', 'fs-native-extensions', 'node-interval-tree'],
  ...['require-addon', 'rxjs', 'shallowequal', 'tidemark', 'tslib', 'which-runtime'],
];
/** Writes a file, reads it, and says by what it is read. */
const USE = `
  import { Resource } from 'tidemark';
  import { MmapDriver } from 'tidemark/node';
  const driver = new MmapDriver({ path: 'content' });
  const resource = Resource.open(driver);
  resource.writeAll(new TextEncoder().encode('tide'));
  console.log(driver.mapping, new TextDecoder().decode(resource.readAll()));
  resource.discard({ committed: true });
`;

let project = '';

afterEach(() => rmSync(project, { recursive: true, force: true }));

const use = (): string => run(project, process.execPath, '--input-type=module', '--eval', USE).trim();

describe('installed beside RxJS alone,', () => {
  it('npm brings eleven packages, none of which runs a script, and files are written and read', () => {
    project = emptyProject();
    installWith('npm', project, ...sameAsHere('rxjs'));
    const lock = JSON.parse(readFileSync(join(project, 'package-lock.json'), 'utf8')) as {
      packages: Record<string, { hasInstallScript?: boolean }>;
    };
    const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(installed.map(([path]) => path).toSorted()).toEqual(BROUGHT.map((name) => `node_modules/${name}`));
    expect(installed.filter(([, { hasInstallScript }]) => hasInstallScript)).toEqual([]);
    expect(use()).toBe('off tide');
  });

  it('pnpm brings the same, and asks nothing', () => {
    project = emptyProject();
    installWith('pnpm', project, ...sameAsHere('rxjs'));
    const stored = readdirSync(join(project, 'node_modules/.pnpm')).filter((name) => name.includes('@'));
    expect(stored.map((name) => name.replace(/@.*/, '')).toSorted()).toEqual(BROUGHT);
    expect(use()).toBe('off tide');
  });
});

describe('installed beside koffi,', () => {
  it.each(['npm', 'pnpm'] as const)('%s lets the package find it, and files are mapped', (manager) => {
    project = emptyProject();
    installWith(manager, project, ...sameAsHere('rxjs', 'koffi'));
    expect(use()).toBe('koffi tide');
  });
});
