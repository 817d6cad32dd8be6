import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';
import type { FileSystem } from '../../../lib/drivers/mmap/files/file-system.js';
import { faultyFiles } from '../../drivers/mmap/faulty-files.js';
import { complete, expectCommitted, makeContent } from '../fixtures.js';
import { TestServer } from '../test-server.js';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-http-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

function openFile(options: { files?: FileSystem; durable?: boolean; checkpoint?: false } = {}): Resource {
  return Resource.open(new MmapDriver({ path: join(folder, 'song'), ...options }));
}

describe('a download into a file', () => {
  /** Downloads into a file without timed checkpoints; returns what made anything durable. */
  async function syncsOf(durable: boolean): Promise<string[]> {
    const content = makeContent(300_000);
    const server = await TestServer.start(content, '"v1"');
    const syncs: string[] = [];
    const { files } = faultyFiles((call) => {
      if (/sync/i.test(call)) syncs.push(call);
    });
    using resource = openFile({ files, durable, checkpoint: false });
    await complete(resource, server.url);
    expectCommitted(resource, content);
    return syncs;
  }

  it('makes a checkpoint before it commits, so that committing is short', async () => {
    const syncs = await syncsOf(true);
    expect(syncs.indexOf('syncDataLater')).toBeGreaterThanOrEqual(0);
    expect(syncs.lastIndexOf('sync')).toBeGreaterThan(syncs.indexOf('syncDataLater'));
  });

  it('waits for no disk where commits are not durable', async () => {
    expect(await syncsOf(false)).toEqual([]);
  });

  it('ends when somebody else writes all that its only request has still to bring', async () => {
    const content = makeContent(900_000);
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 400_000;
    using resource = openFile();
    const completed = complete(resource, server.url);
    await firstValueFrom(resource.coverage$.pipe(filter(({ coveredBytes }) => coveredBytes > 100_000)));
    const from = resource.coverage.coveredUntil(0);
    resource.writeAt(from, content.subarray(from));
    await completed;
    expectCommitted(resource, content);
    expect(server.sent).toBeLessThan(content.length);
  });
});
