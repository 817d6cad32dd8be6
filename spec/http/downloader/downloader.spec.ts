import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import type { Resource } from 'tidemark';
import { type ActiveDownload, type DownloadPriority, Downloader, type DownloaderOptions } from 'tidemark/http';
import { AT_ONCE, content, expectCommitted, makeContent, newResource } from '../fixtures.js';
import { type Exchange, TestServer } from '../test-server.js';
import { untilCovered } from '../../support/until-covered.js';
import { range } from '../../support/range.js';

const PRIORITIES: DownloadPriority[] = ['background', 'prefetch', 'playback'];

/** The download number `n` has the path `/n`. */
function numberOf({ request }: Exchange): number {
  return Number(request.url?.slice(1));
}

/** Downloads so many at once. */
function begin(
  downloader: Downloader,
  server: TestServer,
  count: number,
  options: (n: number) => Parameters<Downloader['download']>[2] = () => ({}),
): { resources: Resource[]; ended: Promise<unknown> } {
  const resources = Array.from({ length: count }, () => newResource());
  const ended = Promise.all(
    resources.map((resource, n) => lastValueFrom(downloader.download(resource, `${server.origin}/${n}`, options(n)))),
  );
  ended.catch(() => undefined);
  return { resources, ended };
}

/** In which order downloads were first heard of. */
function firsts(server: TestServer): number[] {
  return [...new Set(server.exchanges.map(numberOf))];
}

describe('the downloads of a downloader', () => {
  it('make no more requests at once than they may, and all complete', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.latency = 5;
    const downloader = new Downloader({ requests: 3 });
    const { resources, ended } = begin(downloader, server, 8, () => ({ chunkSize: 300_000 }));
    await ended;
    for (const resource of resources) expectCommitted(resource, content);
    expect(server.mostActive).toBe(3);
    // In the order in which they were subscribed to.
    expect(firsts(server)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('make no more requests at once to one origin than they may, also where a function tells it', async () => {
    const servers = [await TestServer.start(content, '"v1"'), await TestServer.start(content, '"v1"')];
    for (const server of servers) server.latency = 20;
    const downloader = new Downloader({ requests: 5, requestsPerOrigin: 2 });
    const resources = Array.from({ length: 12 }, () => newResource());
    await Promise.all(
      resources.map((resource, n) => {
        const url = servers[n % 2]?.url ?? '';
        return lastValueFrom(downloader.download(resource, n % 3 === 0 ? () => delay(5, url) : url));
      }),
    );
    for (const resource of resources) expectCommitted(resource, content);
    expect(servers.map(({ mostActive }) => mostActive)).toEqual([2, 2]);
  });

  it('read ahead in the order of their priorities, which can be changed', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader({ requests: 1 });
    downloader.pause();
    const { ended } = begin(downloader, server, 6, (n) => ({ priority: PRIORITIES[n % 3] }));
    const active = await firstValueFrom(downloader.downloads$);
    const [first] = active;
    if (first !== undefined) first.priority = 'playback';
    expect(() => {
      if (first !== undefined) first.priority = 'urgent' as 'playback';
    }).toThrow('playback');
    downloader.resume();
    await ended;
    expect(firsts(server)).toEqual([0, 2, 5, 1, 4, 3]);
  });

  it('begin with what somebody waits for, the nearest neededBy first, then who has waited longest', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader({ requests: 1 });
    downloader.pause();
    const { resources, ended } = begin(downloader, server, 5, (n) => ({ priority: PRIORITIES[n % 3] }));
    const now = Date.now();
    const wait = (n: number, neededBy?: number): unknown =>
      resources[n]?.waitRange(range(600_000, 600_010), { neededBy }).subscribe();
    wait(3);
    await delay(5);
    wait(0);
    wait(1, now + 10_000);
    wait(4, now + 1000);
    await delay(5);
    downloader.resume();
    await ended;
    expect(server.exchanges.slice(0, 4).map(numberOf)).toEqual([4, 1, 3, 0]);
    expect(server.asked.slice(0, 4).map((range) => range?.start)).toEqual([600_000, 600_000, 600_000, 600_000]);
    expect(firsts(server)).toEqual([4, 1, 3, 0, 2]);
  });

  it('serve an urgent read among five at once: one that nobody waits for makes room', async () => {
    const server = await TestServer.start(makeContent(8_000_000), '"v1"');
    server.bytesPerSecond = 4_000_000;
    const downloader = new Downloader({ requests: 4 });
    const { resources } = begin(downloader, server, 5, (n) => ({ priority: n === 4 ? 'background' : 'playback' }));
    await Promise.all(resources.slice(0, 4).map((resource) => untilCovered(resource, 10_000)));
    // It waits in the queue.
    const last = resources[4];
    expect(server.exchanges.map(numberOf)).not.toContain(4);
    const [requests, sent] = [server.exchanges.length, server.sent];
    const urgent = range(7_000_000, 7_065_536);
    const bytes = last === undefined ? [] : await firstValueFrom(last.read(urgent));
    expect(Buffer.compare(Buffer.from(bytes), server.content.subarray(urgent.start, urgent.end))).toBe(0);
    const made = server.exchanges.slice(requests);
    expect(made.slice(0, 1).map(numberOf)).toEqual([4]);
    expect(made[0]?.asked?.start).toBe(urgent.start);
    // The least important made room, and what the others were sent meanwhile is their share.
    expect(server.exchanges.filter(({ aborted }) => aborted).map(numberOf)).toEqual([3]);
    expect(server.sent - sent).toBeLessThan(10 * 65_536);
    for (const resource of resources) resource.close();
  });

  it('do not make room for what is waited for where that would lose what came: servers without ranges', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 2_000_000;
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true });
    const downloader = new Downloader({ requests: 1 });
    const { resources, ended } = begin(downloader, server, 2);
    if (resources[0] !== undefined) await untilCovered(resources[0], 100_000);
    const read = resources[1] && firstValueFrom(resources[1].read(range(0, 10)));
    await ended;
    await read;
    expect(server.exchanges.map(({ aborted }) => aborted)).toEqual([false, false]);
  });

  it('make room for all others where they have read ahead as far as they may, and their answers are not read', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.manners = { ignoresRange: true };
    const downloader = new Downloader({ requests: 2 });
    const resources = Array.from({ length: 5 }, () => newResource());
    for (const [n, resource] of resources.entries()) {
      downloader.download(resource, `${server.origin}/${n}`, { readAhead: 100_000 }).subscribe();
    }
    await Promise.all(resources.map((resource) => untilCovered(resource, 100_000)));
    const reads = resources.map((resource) => firstValueFrom(resource.read(range(500_000, 500_010))));
    expect(await Promise.all(reads)).toHaveLength(5);
  });

  it('are paused and go on: what has come is kept, and nothing is asked for meanwhile', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 3_000_000;
    const downloader = new Downloader();
    const { resources, ended } = begin(downloader, server, 3);
    await Promise.all(resources.map((resource) => untilCovered(resource, 100_000)));
    downloader.pause();
    const states = async (): Promise<string[]> =>
      (await firstValueFrom(downloader.downloads$)).map(({ progress }) => progress.state);
    expect(await states()).toEqual(['paused', 'paused', 'paused']);
    await server.quiet();
    const there = resources.map(({ coveredBytes }) => coveredBytes);
    const requests = server.exchanges.length;
    resources[1]?.waitRange(range(900_000, 900_010)).subscribe();
    await delay(100);
    expect(server.exchanges).toHaveLength(requests);
    expect(resources.map(({ coveredBytes }) => coveredBytes)).toEqual(there);
    downloader.resume();
    await ended;
    for (const resource of resources) expectCommitted(resource, content);
    expect(server.exchanges.slice(requests).map(({ asked }) => asked?.start)).not.toContain(0);
  });

  it('of one priority are paused by a limit of 0, the others are not', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader({ requests: 2 });
    downloader.limit('background', 0);
    const background = newResource();
    const states: string[] = [];
    const completed = new Promise<void>((complete) => {
      downloader.download(background, `${server.origin}/0`, { priority: 'background' }).subscribe({
        next: ({ state }) => states.push(state),
        complete,
      });
    });
    const playback = newResource();
    await lastValueFrom(downloader.download(playback, `${server.origin}/1`));
    expectCommitted(playback, content);
    expect(background.coveredBytes).toBe(0);
    expect(states).toEqual(['paused']);
    downloader.limit('background', undefined);
    await completed;
    expectCommitted(background, content);
  });

  it('that wait for others run out of no time, and of no patience', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 700_000;
    const downloader = new Downloader({ requests: 1, timeout: 1000, retry: { count: 0, patience: 1000 } });
    const { resources, ended } = begin(downloader, server, 3);
    await ended;
    for (const resource of resources) expectCommitted(resource, content);
  });

  it('give up their places when they are unsubscribed from, or their resources are closed', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      numberOf(exchange) < 2 ? server.serve(exchange, { stallAfter: 1000 }) : server.serve(exchange);
    const downloader = new Downloader({ requests: 2 });
    const [one, two, three] = [newResource(), newResource(), newResource()];
    const first = downloader.download(one, `${server.origin}/0`).subscribe();
    const second = lastValueFrom(downloader.download(two, `${server.origin}/1`));
    const third = lastValueFrom(downloader.download(three, `${server.origin}/2`, { concurrency: 1 }));
    await Promise.all([untilCovered(one, 1000), untilCovered(two, 1000)]);
    first.unsubscribe();
    await third;
    expectCommitted(three, content);
    two.close();
    expect(await second).toMatchObject({ state: 'closed' });
    expect(await firstValueFrom(downloader.downloads$)).toEqual([]);
  });

  it('make do with fewer requests where a server allows fewer, all together', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 4_000_000;
    server.handle = (exchange) =>
      server.active > 2
        ? server.serve(exchange, { status: 429, body: Buffer.alloc(0), headers: { 'retry-after': 3600 } })
        : server.serve(exchange);
    const downloader = new Downloader({ requests: 2 });
    const { resources, ended } = begin(downloader, server, 5);
    await Promise.all(resources.slice(0, 2).map((resource) => untilCovered(resource, 1000)));
    downloader.requests = 5;
    await ended;
    for (const resource of resources) expectCommitted(resource, content);
    expect(server.exchanges.filter(({ status }) => status === 429).length).toBeLessThan(5);
  });

  it('may be many: they make one request each, and one that somebody waits for does not wait for all others', async () => {
    const small = makeContent(20_000);
    const server = await TestServer.start(small, '"v1"');
    const downloader = new Downloader();
    const lengths: number[] = [];
    downloader.downloads$.subscribe(({ length }) => lengths.push(length));
    const { resources, ended } = begin(downloader, server, 150, (n) => ({ priority: PRIORITIES[n % 3] }));
    expect(lengths).toEqual([0]);
    const urgent = resources[147];
    if (urgent !== undefined) await firstValueFrom(urgent.read(range(10_000, 10_010)));
    expect(server.exchanges.length).toBeLessThan(60);
    await ended;
    for (const resource of resources) expectCommitted(resource, small);
    expect(server.mostActive).toBeLessThanOrEqual(6);
    expect(server.exchanges).toHaveLength(150);
    expect(Math.max(...lengths)).toBe(150);
  });

  it('are told as they come, change and go, and to who asks late, too', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader(AT_ONCE);
    const seen: (readonly ActiveDownload[])[] = [];
    downloader.downloads$.subscribe((downloads) => seen.push(downloads));
    const resource = newResource();
    const ended = lastValueFrom(downloader.download(resource, server.url, { priority: 'prefetch' }));
    const [late] = await firstValueFrom(downloader.downloads$);
    expect(late).toMatchObject({ resource, priority: 'prefetch', progress: { coveredBytes: 0, attempt: 1 } });
    await ended;
    await delay(0);
    expect(seen[0]).toEqual([]);
    expect(seen.at(-1)).toEqual([]);
    expect(seen.length).toBeGreaterThan(2);
    for (const downloads of seen.slice(1, -1)) expect(downloads[0]).toBe(late);
    expect(late?.progress).toMatchObject({ state: 'committed', coveredBytes: content.length });
  });

  it('share a fetch and headers, and may have their own', async () => {
    const server = await TestServer.start(content, '"v1"');
    let count = 0;
    const downloader = new Downloader({
      headers: { 'x-app': 'player' },
      fetch: (...request) => ((count += 1), fetch(...request)),
    });
    await lastValueFrom(downloader.download(newResource(), server.url));
    await lastValueFrom(downloader.download(newResource(), server.url, { headers: { 'x-app': 'other' } }));
    expect(server.exchanges.map(({ request }) => request.headers['x-app'])).toEqual(['player', 'other']);
    expect(count).toBe(2);
  });

  it.each<[string, DownloaderOptions]>([
    ['requests', { requests: 0 }],
    ['requestsPerOrigin', { requestsPerOrigin: 1.5 }],
    ['bytesPerSecond', { bytesPerSecond: -1 }],
    ['timeout', { timeout: 0 }],
  ])('have a downloader that refuses an option that makes no sense: %s', (name, options) => {
    expect(() => new Downloader(options)).toThrow(`Expected ${name} to be `);
    const downloader = new Downloader();
    expect(() => {
      downloader.limit('urgent' as 'playback', 1);
    }).toThrow('priority');
    expect(() => {
      downloader.bytesPerSecond = NaN;
    }).toThrow('bytesPerSecond');
    expect(() => downloader.download(newResource(), server0, { priority: 'x' as 'playback' })).toThrow('priority');
  });
});

/** Nobody listens there. */
const server0 = 'http://127.0.0.1:9/';
