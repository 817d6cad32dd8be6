import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

import { Resource } from '../../../lib/index.js';
import { MmapDriver, type OpenMode } from '../../../lib/node.js';
import { rounds } from '../../run/rounds.js';
import { coveredEquals, namesBeside, pattern } from '../../support/scratch.js';

const WRITER = fileURLToPath(new URL('./fixtures/killed-writer.js', import.meta.url));
const ROUNDS = rounds(200, 20);
const SIZE = 1_500_000;
const SOURCE = pattern(SIZE);
/** What a replacement replaces. */
const OLD = pattern(20_000, 2);

/**
 * Lets a child write, kills it at some moment within so many milliseconds, and returns its output.
 */
async function killedAtRandom(path: string, mode: OpenMode, within: number, evicts: boolean): Promise<string> {
  const child = spawn(process.execPath, [WRITER, path, String(SIZE), mode, ...(evicts ? ['evict'] : [])], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (output === '') setTimeout(() => child.kill('SIGKILL'), Math.random() * within);
    output += text;
  });
  await new Promise((resolve) => child.on('close', resolve));
  return output;
}

/** Checks what was left of a replacement; returns whether it has replaced the old content. */
function checkReplaced(path: string, output: string): boolean {
  const found = readFileSync(path);
  const isReplaced = found.equals(SOURCE);
  if (!isReplaced) expect([found.equals(OLD), output.includes('committed')]).toEqual([true, false]);
  const resource = Resource.open(new MmapDriver({ path, mode: 'replace', mapping: 'off' }));
  try {
    expect([resource.origin.refused, coveredEquals(resource, SOURCE)]).toEqual([undefined, true]);
  } finally {
    resource.close();
  }
  return isReplaced;
}

/** Checks what was left; returns whether it is complete. */
function checkLeft(path: string, output: string): boolean {
  const resource = Resource.open(new MmapDriver({ path, mapping: 'off' }));
  try {
    const { origin, status } = resource;
    expect([origin.refused, coveredEquals(resource, SOURCE)]).toEqual([undefined, true]);
    if (status.state === 'committed') return true;
    expect([existsSync(path), output.includes('committed')]).toEqual([false, false]);
    return false;
  } finally {
    resource.close();
  }
}

describe.each([
  ['a download', 'auto', false, checkLeft],
  ['a download from which bytes are evicted', 'auto', true, checkLeft],
  ['a replacement', 'replace', false, checkReplaced],
] as const)('%s that is killed at random moments', (_what, mode, evicts, check) => {
  it('claims only bytes that are there, goes on from them, and is complete in the end', async () => {
    let resumed = 0;
    let completed = 0;
    let failed = false;
    const play = async (least: number): Promise<void> => {
      // On a real disk, where a checkpoint takes its time.
      const place = mkdtempSync(join(tmpdir(), 'tidemark-killed-'));
      const path = join(place, 'content');
      const begin = (): void => {
        if (mode === 'replace') writeFileSync(path, OLD);
      };
      begin();
      // A few rounds may be too few to get to the end, or to be killed half-way.
      const enough = (): boolean => resumed > ROUNDS / 10 && completed > 0;
      // In milliseconds. Later, where a child was killed before anything was durable, and sooner,
      // where it was complete: so it is met half-way, however busy the machine is.
      let within = 25;
      let isFresh = true;
      for (let round = 0; !failed && (round < least || !enough()); round += 1) {
        const output = await killedAtRandom(path, mode, within, evicts);
        if (output.startsWith('partial')) resumed += 1;
        else if (!isFresh) within *= 1.5;
        isFresh = check(path, output);
        if (!isFresh) continue;
        within = Math.max(1, within / 1.5);
        expect(readFileSync(path).equals(SOURCE)).toBe(true);
        completed += 1;
        // Garbage that a kill right behind the rename leaves goes with it.
        MmapDriver.remove(path);
        expect(namesBeside(path)).toEqual([]);
        begin();
      }
      rmSync(place, { recursive: true });
    };
    // Two at a time: most of a round is the start of a process.
    await Promise.all([play(ROUNDS / 2), play(ROUNDS / 2)]).finally(() => (failed = true));
    expect([resumed > ROUNDS / 10, completed > 0]).toEqual([true, true]);
  }, 600_000);
});
