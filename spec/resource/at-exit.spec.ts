import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { describe, expect, it } from '@jest/globals';

import { freshPath, openAt } from '../support/scratch.js';

const fixture = fileURLToPath(new URL('./fixtures/exiting.js', import.meta.url));

const ways = ['exit', 'throw', 'drain'].flatMap((how) => ['main', 'worker'].map((where) => [how, where] as const));

describe('a thread that ends with a resource open', () => {
  it.each(ways)('by %s, in the %s thread, tells nobody in it, and keeps the partial content', (how, where) => {
    const path = freshPath();
    const { stdout, stderr } = spawnSync(process.execPath, [fixture, path, how, where], { encoding: 'utf8' });
    expect(stdout).toBe('');
    expect(stderr.includes('thrown on purpose') ? 'the error thrown' : stderr).toBe(
      how === 'throw' && where === 'main' ? 'the error thrown' : '',
    );
    const again = openAt(path);
    expect(again.origin).toEqual({ from: 'partial' });
    expect(again.coverage.toArray()).toEqual([{ start: 0, end: 100 }]);
  });
});
