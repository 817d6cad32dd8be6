import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { Resource } from '../../../lib/index.js';
import { MmapDriver } from '../../../lib/node.js';
import { coveredEquals, namesBeside, pattern } from './scratch.js';

const WRITER = fileURLToPath(new URL('./fixtures/killed-writer.js', import.meta.url));
const ROUNDS = Math.max(200, Number(process.env.FUZZ_RUNS ?? 0));
const SIZE = 1_500_000;
const SOURCE = pattern(SIZE);

/** Lets a child write, and kills it at some moment; answers what it has told. */
async function killedAtRandom(path: string): Promise<string> {
  const child = spawn(process.execPath, [WRITER, path, String(SIZE)], { stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (told === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * 25);
    told += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return told;
}

/** Looks at what was left; answers whether it is complete. */
function look(path: string, told: string): boolean {
  const resource = Resource.open(new MmapDriver({ path, mapping: 'off' }));
  try {
    const { origin, status } = resource;
    expect([origin.refused, coveredEquals(resource, SOURCE)]).toEqual([undefined, true]);
    if (status.state === 'committed') return true;
    expect([existsSync(path), told.includes('committed')]).toEqual([false, false]);
    return false;
  } finally {
    resource.close();
  }
}

describe('a download that is killed at random moments', () => {
  it('claims only bytes that are there, goes on from them, and is complete in the end', async () => {
    let resumed = 0;
    let completed = 0;
    const play = async (rounds: number): Promise<void> => {
      // On a real disk, where a checkpoint takes its time.
      const place = mkdtempSync(join(tmpdir(), 'tidemark-killed-'));
      const path = join(place, 'content');
      for (let round = 0; round < rounds; round += 1) {
        const told = await killedAtRandom(path);
        if (told.startsWith('partial')) resumed += 1;
        if (!look(path, told)) continue;
        expect(readFileSync(path).equals(SOURCE)).toBe(true);
        completed += 1;
        // Garbage that a kill right behind the rename leaves goes with it.
        MmapDriver.remove(path);
        expect(namesBeside(path)).toEqual([]);
      }
      rmSync(place, { recursive: true });
    };
    // Two at a time: most of a round is the start of a process.
    await Promise.all([play(ROUNDS / 2), play(ROUNDS / 2)]);
    expect([resumed > ROUNDS / 10, completed > 0]).toEqual([true, true]);
  }, 600_000);
});
