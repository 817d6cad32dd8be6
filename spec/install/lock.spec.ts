import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';

interface Locked {
  readonly name?: string;
  readonly resolved?: string;
  readonly hasInstallScript?: boolean;
  readonly optional?: boolean;
}

const read = (name: string): unknown => JSON.parse(readFileSync(name, 'utf8'));
const { packages } = read('package-lock.json') as { packages: Record<string, Locked> };
const { allowScripts } = read('package.json') as { allowScripts: Record<string, boolean> };

/** The name in the registry, also of an alias. */
const nameOf = ([path, { name }]: [string, Locked]): string => name ?? path.replace(/.*node_modules\//, '');

describe('npm ci in a clone', () => {
  const scripts = Object.entries(packages).filter(([, { hasInstallScript }]) => hasInstallScript);

  it('runs no script that has not been looked at', () => {
    const decided = Object.keys(allowScripts);
    expect([...new Set(scripts.map(nameOf))].filter((name) => !decided.includes(name))).toEqual([]);
  });

  it('needs no compiler: what has to be compiled may be missing', () => {
    const compiled = scripts.filter((entry) => allowScripts[nameOf(entry)] === true);
    expect(compiled.map(nameOf)).toEqual(['@riaskov/mmap-io']);
    expect(compiled.filter(([, { optional }]) => optional !== true)).toEqual([]);
  });

  it('takes the packages from whichever registry npm is set to', () => {
    expect(Object.values(packages).filter(({ resolved = '' }) => /^\w+:/.test(resolved))).toEqual([]);
  });
});
