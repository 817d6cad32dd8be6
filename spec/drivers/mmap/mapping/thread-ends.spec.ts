import { existsSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';

import { MAPPINGS } from '../mappings.js';
import { freshPath, openAt, pattern } from '../../../support/scratch.js';

const HOLDER = fileURLToPath(new URL('../fixtures/mapping-holder.js', import.meta.url));
const SIZE = 2 ** 20;
/** What a mapping shows of itself where there is no `/proc` cannot be seen. */
const MAPPED = MAPPINGS.filter((mapping) => mapping !== 'off' && existsSync('/proc/self/maps'));
const WAYS = ['by itself', 'process.exit', 'terminate'] as const;

const workers = new Set<Worker>();
afterEach(async () => {
  await Promise.all([...workers].map((worker) => worker.terminate()));
  workers.clear();
});

/**
 * How many mappings this process has of the file, and how many descriptors: as long as there is
 * one, a removed file takes its room.
 */
function heldOf(path: string): { mappings: number; descriptors: number } {
  const mappings = readFileSync('/proc/self/maps', 'utf8').split('\n');
  const descriptors = readdirSync('/proc/self/fd').map((descriptor) => {
    try {
      return readlinkSync(`/proc/self/fd/${descriptor}`);
    } catch {
      return ''; // the one that has listed them
    }
  });
  const isOfFile = (line: string): boolean => line.includes(path);
  return { mappings: mappings.filter(isOfFile).length, descriptors: descriptors.filter(isOfFile).length };
}

const CASES = MAPPED.flatMap((mapping) => WAYS.map((way) => ({ mapping, way })));

describe('a worker that closes nothing', () => {
  it.each(CASES)('leaves no mapping by $mapping and no removed file when it ends: $way', async ({ mapping, way }) => {
    const path = freshPath();
    const resource = openAt(path, { mapping });
    resource.writeAll(pattern(SIZE));
    const handles = [resource.createPort().handle, resource.createPort().handle];
    const worker = new Worker(HOLDER, { workerData: { path, mapping, handles, way } });
    workers.add(worker);
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    await new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject));
    resource.close();
    rmSync(path);
    // One each for the resource, its view, and the readers: that the test sees them.
    expect(heldOf(path)).toEqual({ mappings: 4, descriptors: 3 });
    if (way === 'terminate') await worker.terminate();
    else worker.postMessage('end');
    await ended;
    expect(heldOf(path)).toEqual({ mappings: 0, descriptors: 0 });
  });
});
