import { spawnSync } from 'node:child_process';
import { closeSync, cpSync, mkdirSync, openSync, symlinkSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { bindKoffiLocks } from '../../../../lib/drivers/mmap/claim/koffi-locks.js';
import type { Locks } from '../../../../lib/drivers/mmap/claim/locks.js';
import { freshPath } from '../../../support/scratch.js';

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));
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
function app(
  packages: Record<string, string | undefined>,
  needed = [...NEEDED, ...LOCKS],
  nodeOptions: string[] = [],
): (script: string) => string {
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
    const { stdout, stderr } = spawnSync(process.execPath, [...nodeOptions, file], { encoding: 'utf8' });
    return (stdout + stderr).trim();
  };
}

const WHICH = 'console.log(open().mapping)';
const USED = `const resource = Resource.open(open());
  resource.writeAll(new Uint8Array([1, 2, 3]));
  console.log(open().mapping, ...resource.readAll())`;
const BY_NAME = (mapping: string): string =>
  `try { open('${mapping}') } catch (error) { console.log(error.code, error.message) }`;

describe('without any mapping package,', () => {
  it('none is in use under auto, and everything but views works', () => {
    expect(app({})(USED)).toBe('off 1 2 3');
  });

  it('view is UNSUPPORTED, and says which packages there are', () => {
    const found = app({})(`
      const resource = Resource.open(open());
      resource.writeAll(new Uint8Array([1, 2, 3]));
      try { resource.view({ start: 0, end: 3 }) } catch (error) { console.log(error.code, error.message) }`);
    expect(found).toMatch(/^UNSUPPORTED This driver has no views of its bytes/);
    expect(found).toContain('koffi is not installed. Install it with "npm install koffi"');
    expect(found).toContain('mmap-io is not installed. Install it with "npm install mmap-io@npm:@riaskov/mmap-io"');
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
  it('is koffi where mmap-io is missing', () => {
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

describe('without the package of the locks,', () => {
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

/**
 * Bun and Deno as far as the library asks who runs it; `runtimes.stress.spec.ts` has the real ones.
 */
describe.each(['bun', 'deno'])('where %s runs it,', (runtime) => {
  const named = `Object.defineProperty(process, 'versions', { value: { ...process.versions, ${runtime}: '1' } })`;
  const options = ['--import', `data:text/javascript,${named}`];
  const fatal = 'process.abort()';
  const KOFFI = { koffi: undefined, '@koromix': undefined };
  const runs = (packages: Record<string, string | undefined>): ReturnType<typeof app> =>
    app({ ...packages, 'fs-native-extensions': fatal, 'mmap-io': fatal }, NEEDED, options);

  it('koffi locks, and the packages that would end the process are never loaded', () => {
    const found = runs(KOFFI)(
      `
      const resource = Resource.open(open());
      resource.writeAt(0, new Uint8Array([1, 2, 3]));
      try { Resource.open(open()) } catch (error) { console.log(error.code, MmapDriver.inspect(open().path).claimed) }
      resource.commit();
      resource.close();
      console.log(...Resource.open(open()).readAll());
      MmapDriver.remove(open().path);
      ${BY_NAME('mmap-io')}`,
    ).split('\n');
    expect(found.slice(0, 2)).toEqual(['CLAIMED true', '1 2 3']);
    expect(found[2]).toMatch(/^UNSUPPORTED .*mmap-io is used on Node/);
  });

  it('without koffi writing is UNSUPPORTED, nothing is made for it, and complete files are read', () => {
    const found = runs({})(
      `
      import fs from 'node:fs';
      const path = open().path + '-folder/content';
      const begin = (mode) => Resource.open(new MmapDriver({ path, mode }));
      for (const mode of ['auto', 'read-write']) try { begin(mode) } catch (error) { console.log(error.code, error.message) }
      console.log(fs.existsSync(open().path + '-folder'));
      fs.writeFileSync(open().path, 'abc');
      console.log(...Resource.open(open()).readAll());
      try { MmapDriver.remove(open().path) } catch (error) { console.log(error.code, fs.existsSync(open().path)) }`,
    ).split('\n');
    expect(found[0]).toMatch(new RegExp(`^UNSUPPORTED .*package koffi.* on ${runtime}.*${runtime} add .*koffi`, 'i'));
    expect(found[1]).toBe(found[0]);
    expect(found.slice(2)).toEqual(['false', '97 98 99', 'UNSUPPORTED true']);
  });
});

describe('locks by koffi', () => {
  it('and by fs-native-extensions exclude each other, shared ones too', () => {
    const require = createRequire(import.meta.url);
    const locks = [require('fs-native-extensions') as Locks, bindKoffiLocks(require)] as const;
    const path = freshPath();
    mkdirSync(dirname(path));
    for (const [holder, other] of [locks, [...locks].reverse() as [Locks, Locks]]) {
      const [first, second] = [openSync(path, 'a+'), openSync(path, 'a+')];
      expect([holder.tryLock(first), other.tryLock(second), other.tryLock(second, { shared: true })]).toEqual([
        true,
        false,
        false,
      ]);
      closeSync(first);
      const third = openSync(path, 'a+');
      expect([holder.tryLock(third, { shared: true }), other.tryLock(second, { shared: true })]).toEqual([true, true]);
      expect(other.tryLock(second)).toBe(false);
      for (const descriptor of [second, third]) closeSync(descriptor);
    }
  });
});
