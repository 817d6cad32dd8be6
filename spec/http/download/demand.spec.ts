import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, merge, take, toArray } from 'rxjs';
import { readChunks } from 'tidemark';
import { download } from 'tidemark/http';
import { expectCommitted, makeContent, md5, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { untilCovered } from '../../support/until-covered.js';
import { range } from '../../support/range.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const SMALL = 64 * KIB;

describe('a download, when somebody waits for bytes far away', () => {
  const content = makeContent(20_000_000);
  const tail = range(content.length - SMALL, content.length);

  it.each([
    ['before anything is asked for', -1],
    ['before the first answer', 0],
    ['when the first bytes are there', 1],
    ['in the middle of a chunk', 2.5 * MIB],
    ['when the chunk that they are in is on its way already', 19.2 * 1_000_000],
  ])('asks for them at once, and gets nothing else before they are there: %s', async (_, after) => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = after > MIB ? 20_000_000 : 2_000_000;
    server.latency = 50;
    // What comes soon enough is not asked for again. The rate that the download measures is that of
    // about the last second: it has to be a low one, and no guess.
    if (after > MIB) server.slowdown = { after: after - 300_000, bytesPerSecond: 100_000 };
    const resource = newResource();
    const early = after < 0 ? firstValueFrom(resource.read(tail)) : undefined;
    const downloading = download(resource, server.url).subscribe();
    if (after === 0) while (server.exchanges.length === 0) await delay(1);
    if (after > 0) await untilCovered(resource, after);
    server.bytesPerSecond = 2_000_000;

    const [requests, sent] = [server.exchanges.length, server.sent];
    const bytes = await (early ?? firstValueFrom(resource.read(tail)));
    expect(Buffer.compare(bytes, content.subarray(tail.start))).toBe(0);
    // Those of the moment before the server heard of it, and those that were sent when they
    // arrived.
    expect(server.sent - sent).toBeLessThan(bytes.length + 3 * SMALL);
    // Beside it only what was on its way to the server, or is the next.
    const made = server.asked.slice(requests);
    expect(made).toContainEqual(range(tail.start, after > 0 ? tail.end : tail.start + MIB));
    expect(made.length).toBeLessThanOrEqual(3);
    downloading.unsubscribe();
  });

  it('completes when who has waited closes the resource at once', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 20_000_000;
    const resource = newResource();
    // In front of the end of a request, and with somebody else who still waits.
    resource.waitRange(tail).subscribe({ error: () => undefined });
    resource.waitRange(range(MIB, MIB + 10)).subscribe(() => {
      resource.close();
    });
    const last = await lastValueFrom(download(resource, server.url));
    expect(last.state).toBe('closed');
  });

  it('keeps what came by requests that it gives up, and fetches the rest of them later', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 40_000_000;
    const resource = newResource();
    // With two, the next chunk is asked for already where the first byte is long in coming, and is
    // given up, too.
    const completed = lastValueFrom(download(resource, server.url, { concurrency: 1 }));
    await untilCovered(resource, 1.5 * MIB);
    const before = resource.coverage;
    // The chunk that is on its way is not complete before the server hears that it is given up.
    server.bytesPerSecond = 2_000_000;
    await firstValueFrom(resource.read(tail));
    server.bytesPerSecond = 40_000_000;
    for (const range of before) expect(resource.has(range)).toBe(true);
    expect(server.exchanges.filter(({ aborted }) => aborted)).toHaveLength(1);
    await completed;
    expectCommitted(resource, content);
    expect(server.sent).toBeLessThan(content.length + MIB);
  });

  it('goes on reading ahead from there, and fills what it has left out in the end', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 40_000_000;
    const resource = newResource();
    const completed = lastValueFrom(download(resource, server.url, { chunkSize: MIB }));
    await untilCovered(resource, 100);
    const middle = range(10 * MIB, 10 * MIB + SMALL);
    await firstValueFrom(resource.read(middle));
    await completed;
    const starts = server.asked.map((range) => range?.start ?? -1);
    expect(starts.slice(1, 4)).toEqual([10 * MIB, 11 * MIB, 12 * MIB]);
    expect(Math.max(...starts.slice(11))).toBeLessThan(10 * MIB);
    expectCommitted(resource, content);
  });

  it('serves several side by side, and no more at once than it may', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1_000_000;
    server.latency = 20;
    const resource = newResource();
    const downloading = download(resource, server.url, { concurrency: 3 }).subscribe();
    await untilCovered(resource, 1);
    const places = [3, 6, 9, 12, 15].map((at) => range(at * MIB, at * MIB + SMALL));
    const order: number[] = [];
    await lastValueFrom(
      merge(...places.map((range) => resource.read(range).pipe(filter(() => order.push(range.start) > 0)))).pipe(
        toArray(),
      ),
    );
    const starts = server.asked.map((range) => range?.start ?? -1);
    expect(starts.slice(1, 4).toSorted((a, b) => a - b)).toEqual(places.slice(0, 3).map(({ start }) => start));
    expect(new Set(starts.slice(1))).toEqual(new Set(places.map(({ start }) => start)));
    // The server hears a moment later of what was aborted.
    expect(server.mostActive).toBeLessThanOrEqual(4);
    downloading.unsubscribe();
  });

  it('serves first who needs it first', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 2_000_000;
    const resource = newResource();
    const now = Date.now();
    const wait = (at: number, neededBy?: number): Promise<unknown> =>
      firstValueFrom(resource.waitRange(range(at, at + SMALL), { neededBy }));
    const waits = [wait(3 * MIB), wait(6 * MIB, now + 2000), wait(9 * MIB, now + 1000)];
    const downloading = download(resource, server.url, { concurrency: 1 }).subscribe();
    await Promise.all(waits);
    expect(server.asked.map((range) => range?.start)).toEqual([9 * MIB, 6 * MIB, 3 * MIB]);
    downloading.unsubscribe();
  });

  it('lets more readers than requests take turns: few requests are given up for each other', async () => {
    const server = await TestServer.start(content.subarray(0, 4 * MIB), '"v1"');
    server.latency = 5;
    const resource = newResource();
    const reading = [0, 2 * MIB].map((start) => lastValueFrom(readChunks(resource, { start, end: start + 2 * MIB })));
    await lastValueFrom(download(resource, server.url, { concurrency: 1 }));
    await Promise.all(reading);
    expect(server.exchanges.length).toBeLessThan(24);
    expect(server.sent).toBeLessThan(2 * server.content.length);
  });

  it('lets the next chunk of a reader in order come on the stream that is bringing it', async () => {
    const server = await TestServer.start(content.subarray(0, 3 * MIB), '"v1"');
    server.bytesPerSecond = 4_000_000;
    const resource = newResource();
    const reading = lastValueFrom(readChunks(resource, { chunkSize: 10_000 }).pipe(toArray()));
    await lastValueFrom(download(resource, server.url, { chunkSize: MIB }));
    expect(md5(Buffer.concat(await reading))).toBe(md5(server.content));
    expect(server.asked.map((range) => range?.start)).toEqual([0, MIB, 2 * MIB]);
  });
});

describe('a download that reads ahead only so far', () => {
  const content = makeContent(2_000_000);

  it('idles when that is there, until somebody waits for more', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const downloading = download(resource, server.url, { readAhead: 200_000, chunkSize: 150_000 }).subscribe();
    await untilCovered(resource, 200_000);
    await delay(100);
    expect(resource.coverage.toArray()).toEqual([range(0, 200_000)]);
    await firstValueFrom(resource.read(range(1_000_000, 1_010_000)));
    await untilCovered(resource, 410_000);
    await delay(100);
    expect(resource.coverage.toArray()).toEqual([range(0, 200_000), range(1_000_000, 1_210_000)]);
    expect(server.active).toBe(0);
    downloading.unsubscribe();
  });

  it('asks for nothing before somebody waits, and for nothing else, when it is not to read ahead at all', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const completed = lastValueFrom(download(resource, server.url, { readAhead: 0 }));
    await delay(100);
    expect(server.exchanges).toEqual([]);
    await firstValueFrom(resource.read(range(500_000, 500_100)));
    await delay(50);
    expect(server.asked).toEqual([range(500_000, 500_100)]);
    await lastValueFrom(readChunks(resource));
    await completed;
    expectCommitted(resource, content);
    expect(server.sent).toBe(content.length);
  });

  it('completes as readers take it', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const chunks$ = readChunks(resource, { project: (chunk) => [chunk] }).pipe(take(1000), toArray());
    const reading = lastValueFrom(chunks$);
    await lastValueFrom(download(resource, server.url, { readAhead: 300_000, chunkSize: 100_000 }));
    expect(md5(Buffer.concat(await reading))).toBe(md5(content));
  });
});
