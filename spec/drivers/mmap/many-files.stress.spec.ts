import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';

import { rounds } from '../../run/rounds.js';
import { MAPPINGS } from './mappings.js';
import { folder, freshPath, openAt, pattern } from '../../support/scratch.js';

const FILES = rounds(1000, 100);

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

/** What of our own files is open; the process opens and closes others meanwhile. */
const descriptors = (): string[] =>
  readdirSync('/proc/self/fd')
    .map(target)
    .filter((path) => path.includes(folder));

/**
 * What a descriptor leads to; nothing where it was closed since it was listed, like the listing's
 * own.
 */
function target(descriptor: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return '';
  }
}

/** Of our own files; others come and go with the heap. */
const mappings = (): string[] =>
  readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(folder));

describe.each(MAPPINGS)(`${FILES} files one after the other, with mapping %s`, (mapping) => {
  it('leave descriptors and mappings as they were', async () => {
    const before = { descriptors: descriptors(), mappings: mappings() };
    const found = new Uint8Array(100);
    let mapped = 0;
    for (let count = 0; count < FILES; count += 1) {
      const resource = openAt(freshPath(), { mapping, durable: false });
      resource.writeAt(0, pattern(5000));
      resource.commit();
      expect(resource.readAt(count % 1000, found)).toBe(100);
      if (count === 0) mapped = mappings().length - before.mappings.length;
      resource.close();
    }
    for (let tries = 0; tries < 100 && mappings().length > before.mappings.length; tries += 1) {
      collect();
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    expect({ descriptors: descriptors(), mappings: mappings() }).toEqual(before);
    expect(mapped).toBe(mapping === 'off' ? 0 : 1);
  });
});

describe('many files at once', () => {
  it('are open side by side', () => {
    const resources = Array.from({ length: 300 }, () => openAt(freshPath()));
    resources.forEach((resource, index) => {
      resource.writeAll(pattern(100, index));
    });
    resources.forEach((resource, index) => {
      expect(Buffer.from(resource.readAll())).toEqual(pattern(100, index));
    });
  });
});
