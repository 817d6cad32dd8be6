import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, tap } from 'rxjs';
import { readChunks } from 'tidemark';
import { download } from 'tidemark/http';
import { AT_ONCE, expectCommitted, expectNothingElse, makeContent, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { untilCovered } from '../../support/until-covered.js';
import { range } from '../../support/range.js';

const content = makeContent(6_000_000);
/** What comes in one piece. */
const SLACK = 200_000;

describe('an answer that is everything, where only so much is to be read ahead', () => {
  it('is not read on until somebody waits for more, and no time runs out meanwhile', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.manners = { ignoresRange: true };
    const resource = newResource();
    const options = { ...AT_ONCE, readAhead: 300_000, timeout: 1000, retry: false } as const;
    // The first request of a process takes longer.
    await server.quiet();
    let state = '';
    const completed = lastValueFrom(download(resource, server.url, options).pipe(tap((told) => ({ state } = told))));
    await untilCovered(resource, 300_000);
    await delay(2000);
    expect(state).toBe('idle');
    expect(resource.coveredBytes).toBeLessThan(300_000 + SLACK);
    await firstValueFrom(resource.read(range(1_000_000, 1_000_100)));
    await untilCovered(resource, 1_300_100);
    await delay(300);
    expect(resource.coveredBytes).toBeLessThan(1_300_100 + SLACK);
    expectNothingElse(resource, content);
    await lastValueFrom(readChunks(resource));
    await completed;
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(1);
  });

  it('is left where it is if it never ends', async () => {
    const server = await TestServer.start(content);
    server.handle = async ({ response }) => {
      response.writeHead(200);
      for (let at = 0; !response.destroyed; at += 50_000) {
        response.write(content.subarray(at % 5_000_000, (at % 5_000_000) + 50_000));
        await delay(0);
      }
    };
    const resource = newResource();
    const downloading = download(resource, server.url, { readAhead: 100_000 }).subscribe();
    await untilCovered(resource, 100_000);
    await delay(300);
    expect(resource.coveredBytes).toBeLessThan(100_000 + SLACK);
    downloading.unsubscribe();
    // Leaves nothing behind that waits.
    while (server.active > 0) await delay(5);
  });

  it('stalls where nothing comes that is waited for', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.manners = { ignoresRange: true, stallAfter: 400_000 };
    const resource = newResource();
    const ended = lastValueFrom(
      download(resource, server.url, { readAhead: 100_000, timeout: 1000, retry: false }),
    ).catch((error: unknown) => error);
    await untilCovered(resource, 100_000);
    await delay(1500);
    expect(resource.status.state).toBe('active');
    resource.read(range(500_000, 500_100)).subscribe({ error: () => undefined });
    expect(await ended).toMatchObject({ code: 'TIMEOUT' });
  });

  it('is not even asked for before somebody waits, where nothing is to be read ahead', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.manners = { headers: { 'content-range': undefined } };
    const resource = newResource();
    const downloading = download(resource, server.url, { ...AT_ONCE, readAhead: 0 }).subscribe();
    await delay(50);
    expect(server.exchanges).toEqual([]);
    await firstValueFrom(resource.read(range(0, 100)));
    await delay(200);
    expect(server.exchanges).toHaveLength(2);
    expect(resource.coveredBytes).toBeLessThan(100 + SLACK);
    downloading.unsubscribe();
  });
});
