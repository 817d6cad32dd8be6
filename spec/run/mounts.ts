import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach } from '@jest/globals';

/**
 * File systems that are mounted until the end of a test. Files that use them are called
 * `*.mounts.spec.ts`: see `leave-out.js`.
 */

const mounted: string[] = [];

afterEach(() => {
  for (const point of mounted.splice(0).reverse()) execFileSync('umount', ['--lazy', point]);
});

/** Mounts an empty file system in memory, at a folder that is there. */
export function mountMemory(point: string, size: string): string {
  return mount('tmpfs', point, `size=${size}`);
}

/**
 * Mounts an overlay in a folder, as containers have it: `lower` is the folder of the image,
 * `merged` is what a program sees. Both layers are of one file system, or of two.
 */
export function mountOverlay(folder: string, fileSystems: 1 | 2): { lower: string; merged: string } {
  const base = mountMemory(mkdtempSync(join(folder, 'overlay-')), '100%');
  const [lower, over, merged] = ['lower', 'over', 'merged'].map((name) => join(base, name)) as [string, string, string];
  for (const name of [lower, over, merged]) mkdirSync(name);
  if (fileSystems === 2) mountMemory(over, '100%');
  const [upper, work] = [join(over, 'upper'), join(over, 'work')];
  for (const name of [upper, work]) mkdirSync(name);
  mount('overlay', merged, `lowerdir=${lower},upperdir=${upper},workdir=${work}`);
  return { lower, merged };
}

function mount(type: string, point: string, options: string): string {
  execFileSync('mount', ['-t', type, '-o', options, type, point], { stdio: 'pipe' });
  mounted.push(point);
  return point;
}
