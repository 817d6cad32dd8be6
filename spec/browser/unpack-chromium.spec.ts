import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { brotliCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { pack } from 'tar-fs';
import { unpackChromium } from './unpack-chromium.js';

let folder: string;
let places: { packed: string; cache: string };

/** A package of the same make as the real one, but small. */
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'unpack-'));
  const packed = join(folder, 'package');
  places = { packed, cache: join(folder, 'cache') };
  const put = (path: string, content: Uint8Array | string): void => {
    mkdirSync(join(folder, path, '..'), { recursive: true });
    writeFileSync(join(folder, path), content);
  };
  put('package/package.json', '{ "version": "1.2.3" }');
  put('package/bin/chromium.br', brotliCompressSync(Buffer.alloc(1_000_000, 'chromium')));
  put('libraries/lib/libnss3.so', 'nss');
  put('letters/fonts/Open_Sans/Regular.ttf', 'letters');
  put('letters/fonts.conf', 'names folders that are not there');
  for (const [name, source] of Object.entries({ al2023: 'libraries', fonts: 'letters' })) {
    put(`package/bin/${name}.tar.br`, brotliCompressSync(await buffer(pack(join(folder, source)))));
  }
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('unpacking the Chromium that comes by npm', () => {
  it('gives whoever asks at the same time the same one, whole, and leaves nothing else', async () => {
    const found = await Promise.all(Array.from({ length: 5 }, () => unpackChromium(places)));
    expect(new Set(found.map(({ executablePath }) => executablePath)).size).toBe(1);
    expect(readdirSync(places.cache)).toEqual(['chromium-1.2.3']);
    const home = join(places.cache, 'chromium-1.2.3');
    expect(readdirSync(home).toSorted()).toEqual(['chromium', 'fonts', 'fonts.conf', 'lib']);
    expect(readFileSync(found[0]?.executablePath ?? '')).toHaveLength(1_000_000);
    expect(readFileSync(join(home, 'fonts.conf'), 'utf8')).toContain('<dir prefix="relative">fonts</dir>');
    expect(found[0]?.env.LD_LIBRARY_PATH?.split(':')[0]).toBe(join(home, 'lib'));
    expect(found[0]?.env.FONTCONFIG_PATH).toBe(home);
  });

  it('takes what is there already, and unpacks another version beside it', async () => {
    const { executablePath } = await unpackChromium(places);
    writeFileSync(executablePath, 'the same file');
    await unpackChromium(places);
    expect(readFileSync(executablePath, 'utf8')).toBe('the same file');
    writeFileSync(join(places.packed, 'package.json'), '{ "version": "1.2.4" }');
    expect(readFileSync((await unpackChromium(places)).executablePath)).toHaveLength(1_000_000);
  });

  it('leaves nothing where it fails, and is done the next time', async () => {
    const chromium = join(places.packed, 'bin/chromium.br');
    const content = readFileSync(chromium);
    writeFileSync(chromium, content.subarray(0, content.length / 2));
    await expect(unpackChromium(places)).rejects.toThrow();
    expect(readdirSync(places.cache)).toEqual([]);
    writeFileSync(chromium, content);
    expect(existsSync((await unpackChromium(places)).executablePath)).toBe(true);
  });
});
