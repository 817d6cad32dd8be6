import '../support/threads/without-wait-async.js';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, Subscription } from 'rxjs';
import { download } from '../../lib/http.js';
import { Resource } from '../../lib/index.js';
import { newDriver } from '../support/new-driver.js';
import { TestServer } from '../http/test-server.js';
import { rounds } from '../run/rounds.js';
import { poorThread, readerThread, soon } from '../support/threads.js';
import { range } from '../support/range.js';

describe('a download without Atomics.waitAsync', () => {
  it.each([
    ['a thread that blocks', readerThread, 'openSync'],
    ['an asynchronous reader that lacks it, too', poorThread, 'attach'],
  ] as const)('fetches what somebody waits for while it idles: %s', async (_, start, open) => {
    const content = Buffer.alloc(1_000_000, 'tide');
    const server = await TestServer.start(content, '"v1"');
    const resource = Resource.open(newDriver());
    const thread = start();
    await thread.call(open, 'r', resource.createPort({ name: 'r' }).handle);
    const downloading = download(resource, server.url, { chunkSize: 1000, readAhead: 1000 }).subscribe();
    await firstValueFrom(resource.coverage$.pipe(filter((coverage) => coverage.coveredBytes > 0)));
    // It has read ahead what it may, and sends nothing more by itself.
    await soon(100);
    await server.quiet();
    const at = 700_000;
    expect(resource.has(range(at, at + 10))).toBe(false);
    if (open === 'attach') await thread.call('readAsync', 'r', 'tail', range(at, at + 10));
    const tail = open === 'attach' ? thread.ended('tail') : thread.call('read', 'r', 10, { at });
    expect(await tail).toEqual(new Uint8Array(content.subarray(at, at + 10)));
    downloading.unsubscribe();
    resource.close();
  });
});

describe('a process without Atomics.waitAsync', () => {
  let children = new Subscription();
  afterEach(() => {
    children.unsubscribe();
    children = new Subscription();
  });

  /** Runs a case of `keep-alive.spec.ts` in a process that lacks it, and so do its threads. */
  function run(name: string): Promise<string[]> {
    const [deleted, script] = ['without-wait-async', 'keep-alive'].map(
      (file) => new URL(`../support/threads/${file}.js`, import.meta.url),
    ) as [URL, URL];
    const child = spawn(process.execPath, ['--import', deleted.href, fileURLToPath(script), name], {
      // Jest's copy, which says what is tested: a child would inherit the original.
      env: process.env,
    });
    children.add(() => child.kill('SIGKILL'));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    return new Promise((resolve) => child.on('close', (code) => resolve([...output.trim().split('\n'), `${code}`])));
  }

  it.each(['wait beside subscriptions', 'wait', 'read', 'passive wait'].slice(0, rounds(4, 1)))(
    'lives as long as there is a pending %s',
    async (name) => {
      expect(await run(name)).toEqual(['begun', 'written', 'ready', 'exit', '0']);
    },
  );

  const ending = [
    'subscriptions only',
    'unsubscribed wait',
    'closed reader',
    'closed port',
    'interrupted wait',
    'settled wait',
    'demand',
    'everything of the owner',
    'blocked thread elsewhere',
  ];
  it.each(ending.slice(0, rounds(ending.length, 2)))('ends by itself: %s', async (name) => {
    expect(await run(name)).toEqual(['begun', 'exit', '0']);
  });

  it('lets a worker live as long as its asynchronous reader waits, and no longer', async () => {
    expect(await run('worker')).toEqual(['begun', 'written', 'ready', 'worker exit 0', 'exit', '0']);
  });
});
