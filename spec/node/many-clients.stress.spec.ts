import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, it } from '@jest/globals';
import { MemDriver, Resource, type ResourceView } from 'tidemark';
import { makeContent } from '../http/fixtures.js';
import { rounds } from '../run/rounds.js';
import { later, openFile, serve } from './served-files.js';

const CLIENTS = rounds(1000, 100);
const MIB = 2 ** 20;
/** More than the buffers of both sockets take, so that every answer has a piece under way. */
const content = makeContent(10 * MIB);
const FIXTURE = fileURLToPath(new URL('./fixtures/many-clients.js', import.meta.url));

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function memory(): number {
  collect();
  return process.memoryUsage().arrayBuffers;
}

/**
 * Serves a view to all of them at once; returns how much more memory that takes while they do not
 * read.
 */
async function servedToMany(view: ResourceView): Promise<{ grown: number; whole: number; least: number }> {
  const { port, outcomes } = await serve(view);
  const before = memory();
  const clients = fork(FIXTURE, [String(port), String(CLIENTS), String(content.length)]);
  await once(clients, 'message');
  while (outcomes.length < CLIENTS) await new Promise((resolve) => setTimeout(resolve, 10));
  const grown = memory() - before;
  clients.send('read');
  const [said] = (await once(clients, 'message')) as [{ whole: number; least: number }];
  expect(await Promise.all(outcomes)).toEqual(outcomes.map(() => 'sent'));
  return { grown, ...said };
}

describe(`${CLIENTS} clients of one resource at once`, () => {
  it('take no memory where it is complete, and each gets all of it, the last as well as the first', async () => {
    for (const view of [openFile(content), later(Resource.open(new MemDriver({ initialData: content })))]) {
      const { grown, whole, least } = await servedToMany(view);
      expect(whole).toBe(CLIENTS);
      expect(grown).toBeLessThan(16 * MIB);
      expect(least).toBeGreaterThan(65_536);
    }
  }, 300_000);

  it('take 64 MiB, and 64 KiB for each, at most, where it is still filling', async () => {
    const resource = later(Resource.open(new MemDriver(), { expectedLength: content.length }));
    resource.writeAt(0, content);
    const { grown, whole, least } = await servedToMany(resource);
    expect(whole).toBe(CLIENTS);
    expect(grown).toBeLessThan(80 * MIB + CLIENTS * 65_536);
    expect(least).toBeGreaterThan(65_536);
  }, 300_000);
});
