import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { download, type DownloadOptions } from 'tidemark/http';
import { MmapDriver } from 'tidemark/node';
import { AT_ONCE, content, failure } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

describe('a driver that cannot hold what is to be stored', () => {
  it('says so at the first answer, and nothing is written', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1_000_000;
    const resource = Resource.open(new MemDriver({ capacity: content.length - 1 }));
    const error = await failure(resource, server.url, AT_ONCE);
    expect(error.code).toBe('CAPACITY');
    expect(error.message).toContain(`${content.length}`);
    expect(resource.coveredBytes).toBe(0);
    expect(server.exchanges).toHaveLength(1);
    resource.close();
  });

  it('is told what is missing still, once, where everything is to be there', async () => {
    const server = await TestServer.start(content, '"v1"');
    const told: number[] = [];
    class Told extends MemDriver {
      override announce(bytesStillMissing: number): void {
        told.push(bytesStillMissing);
      }
    }
    const resource = Resource.open(new Told());
    await firstValueFrom(download(resource, server.url, { range: range(0, 100_000) }));
    await new Promise<void>((resolve) => {
      download(resource, server.url, { range: range(0, 100_000) }).subscribe({ complete: resolve });
    });
    expect(told).toEqual([]);
    await new Promise<void>((resolve) => {
      download(resource, server.url, { chunkSize: 200_000 }).subscribe({ complete: resolve });
    });
    expect(told).toEqual([content.length - 100_000]);
    resource.close();
  });

  it.each<[string, DownloadOptions]>([
    ['with a range', { range: range(0, 100_000) }],
    ['with a finite `readAhead`', { readAhead: 100_000 }],
    ['without `commit`', { commit: false }],
  ])('is not asked where not everything is to be there: %s', async (_, options) => {
    const server = await TestServer.start(content, '"v1"');
    const resource = Resource.open(new MemDriver({ capacity: 500_000 }));
    const errors: unknown[] = [];
    const downloading = download(resource, server.url, { onError: 'leave', chunkSize: 100_000, ...options }).subscribe({
      error: (error: unknown) => errors.push(error),
    });
    await firstValueFrom(resource.read(range(0, 100_000)));
    expect(errors).toEqual([]);
    downloading.unsubscribe();
    resource.close();
  });

  it('is a file on a disk that is too small: NO_SPACE, before anything is written', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-announce-'));
    const server = await TestServer.start(content, '"v1"');
    // More than any disk has.
    server.handle = ({ response }) => {
      response.writeHead(206, { 'content-range': `bytes 0-1048575/${2 ** 52}`, etag: '"v1"' });
      response.write(content);
    };
    const resource = Resource.open(new MmapDriver({ path: join(folder, 'song.flac') }));
    expect(await failure(resource, server.url, AT_ONCE)).toMatchObject({ code: 'NO_SPACE' });
    expect(resource.coveredBytes).toBe(0);
    resource.close();
    rmSync(folder, { recursive: true });
  });
});
