import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { freshPath } from './scratch.js';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
const NEEDED = ['rxjs', 'tslib', 'node-interval-tree', 'shallowequal'];
const LOCKS = [
  'fs-native-extensions',
  'require-addon',
  'which-runtime',
  'bare-addon-resolve',
  'bare-module-resolve',
  'bare-semver',
];

/** An app with the built package, and of the mapping packages only what `packages` says. */
function app(packages: Record<string, string | undefined>, needed = [...NEEDED, ...LOCKS]): (script: string) => string {
  const home = dirname(freshPath());
  const modules = join(home, 'node_modules');
  mkdirSync(join(modules, 'tidemark'), { recursive: true });
  cpSync(join(ROOT, 'dist'), join(modules, 'tidemark', 'dist'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(modules, 'tidemark', 'package.json'));
  for (const name of needed) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  for (const [name, source] of Object.entries(packages)) {
    if (source === undefined) {
      symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
      continue;
    }
    mkdirSync(join(modules, name));
    writeFileSync(join(modules, name, 'index.js'), source);
  }
  return (script) => {
    const file = join(home, 'app.mjs');
    writeFileSync(
      file,
      `import { Resource } from 'tidemark';
       import { MmapDriver } from 'tidemark/node';
       const open = (mapping) => new MmapDriver({ path: ${JSON.stringify(join(home, 'content'))}, mapping });
       ${script}`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [file], { encoding: 'utf8' });
    return (stdout + stderr).trim();
  };
}

const WHICH = 'console.log(open().mapping)';
const USED = `const resource = Resource.open(open());
  resource.writeAll(new Uint8Array([1, 2, 3]));
  console.log(open().mapping, ...resource.readAll())`;
const BY_NAME = (mapping: string): string =>
  `try { open('${mapping}') } catch (error) { console.log(error.code, error.message) }`;

describe('without any mapping package', () => {
  it('is none in use under auto, and everything but views works', () => {
    expect(app({})(USED)).toBe('off 1 2 3');
  });

  it.each([
    ['mmap-io', 'npm install mmap-io@npm:@riaskov/mmap-io'],
    ['koffi', 'npm install koffi'],
  ])('%s by name is UNSUPPORTED, with the cure', (mapping, cure) => {
    const found = app({})(BY_NAME(mapping));
    expect(found).toMatch(/^UNSUPPORTED /);
    expect(found).toContain(cure);
  });
});

describe('a mapping package', () => {
  it('koffi is used where mmap-io is missing', () => {
    expect(app({ koffi: undefined, '@koromix': undefined })(USED)).toBe('koffi 1 2 3');
  });

  it.each([
    ['cannot be loaded', 'throw new Error("built for another Node")'],
    ['throws when it is to map', 'exports.map = () => { throw new Error("External buffers are not allowed") }'],
    ['maps other bytes', 'exports.map = (length) => Buffer.alloc(length)'],
    ['is something else', 'module.exports = 5'],
  ])('that %s is skipped under auto', (_what, source) => {
    expect(app({ 'mmap-io': source })(WHICH)).toBe('off');
    expect(app({ 'mmap-io': source, koffi: undefined, '@koromix': undefined })(USED)).toBe('koffi 1 2 3');
    expect(app({ 'mmap-io': source })(BY_NAME('mmap-io'))).toMatch(/^UNSUPPORTED /);
  });
});

describe('without the package of the locks', () => {
  it('writing is UNSUPPORTED with the cure, and a complete file can be read', () => {
    const found = app(
      {},
      NEEDED,
    )(
      `
      import fs from 'node:fs';
      try { Resource.open(open()) } catch (error) { console.log(error.code, error.message) }
      fs.writeFileSync(open().path, 'abc');
      const resource = Resource.open(open());
      console.log(...resource.readAll());
      try { resource.reactivate() } catch (error) { console.log(error.code) }
    `,
    ).split('\n');
    expect(found[0]).toMatch(/^UNSUPPORTED .*fs-native-extensions.*read-only/);
    expect(found.slice(1)).toEqual(['97 98 99', 'UNSUPPORTED']);
  });
});
