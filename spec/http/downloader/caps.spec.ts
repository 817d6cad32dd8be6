import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { Downloader } from 'tidemark/http';
import { makeContent, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

const KIB = 1024;
const CAP = 400_000;
const content = makeContent(20_000_000);

/** How many bytes were asked for so far. */
function askedFor(server: TestServer): number {
  return server.asked.reduce((sum, range) => sum + (range === undefined ? Infinity : range.end - range.start), 0);
}

describe('a limit of bytes', () => {
  it('holds by asking for no more than it allows, whoever asks', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader({ bytesPerSecond: CAP });
    const since = performance.now();
    const downloads = Array.from({ length: 4 }, () => downloader.download(newResource(), server.url).subscribe());
    for (let look = 0; look < 20; look++) {
      await delay(50);
      const seconds = (performance.now() - since) / 1000;
      expect(askedFor(server)).toBeLessThan(CAP * (seconds + 1) + 256 * KIB);
    }
    // And it is made use of.
    expect(askedFor(server)).toBeGreaterThan(CAP / 2);
    for (const range of server.asked) expect((range?.end ?? 0) - (range?.start ?? 0)).toBeGreaterThanOrEqual(16 * KIB);
    for (const downloading of downloads) downloading.unsubscribe();
  });

  it('of one priority leaves the others alone', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader();
    downloader.limit('background', CAP);
    const slow = newResource();
    const downloading = downloader.download(slow, server.url, { priority: 'background' }).subscribe();
    const fast = newResource();
    downloader.download(fast, server.url).subscribe();
    await firstValueFrom(fast.status$.pipe(filter(({ state }) => state === 'committed')));
    expect(slow.coveredBytes).toBeLessThan(content.length / 4);
    downloading.unsubscribe();
  });

  it('of one priority takes no request from the others for which it allows no bytes', async () => {
    const [playing, capped] = [await TestServer.start(content, '"v1"'), await TestServer.start(content, '"v1"')];
    playing.bytesPerSecond = 20_000_000;
    const downloader = new Downloader({ requests: 1 });
    downloader.limit('background', 20_000);
    const slow = newResource();
    const waiting = slow.read(range(15_000_000, 16_000_000)).subscribe();
    const downloading = downloader.download(slow, capped.url, { priority: 'background' }).subscribe();
    await firstValueFrom(slow.writes$);
    const fast = newResource();
    downloader.download(fast, playing.url, { chunkSize: 2_000_000 }).subscribe();
    await firstValueFrom(fast.status$.pipe(filter(({ state }) => state === 'committed')));
    // Ten chunks, and the rest of one for each request that the other was allowed, which took its
    // place.
    expect(playing.exchanges.length).toBeLessThan(15 + capped.exchanges.length);
    waiting.unsubscribe();
    downloading.unsubscribe();
  });

  it('may be set and taken away while bytes come', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 20_000_000;
    const downloader = new Downloader();
    const resource = newResource();
    downloader.download(resource, server.url).subscribe();
    await firstValueFrom(resource.writes$);
    downloader.bytesPerSecond = 100_000;
    expect(downloader.bytesPerSecond).toBe(100_000);
    await server.quiet();
    const sent = server.sent;
    await delay(500);
    expect(server.sent - sent).toBeLessThan(100_000 + 256 * KIB);
    downloader.bytesPerSecond = undefined;
    await firstValueFrom(resource.status$.pipe(filter(({ state }) => state === 'committed')));
  });

  it('lets what somebody waits for come in advance', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader({ bytesPerSecond: 50_000 });
    const resources = Array.from({ length: 5 }, () => newResource());
    for (const resource of resources) downloader.download(resource, server.url).subscribe();
    // What was saved up is spent.
    await delay(300);
    const requests = server.exchanges.length;
    const last = resources[4] ?? newResource();
    await firstValueFrom(last.read(range(10_000_000, 10_065_536)));
    const made = server.asked.slice(requests).map((range) => range?.start);
    expect(made[0]).toBe(10_000_000);
    for (const resource of resources) resource.close();
  });

  it('gets back what a request was allowed that failed, or was ended before its answer began', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      if (exchange.number < 3) return server.serve(exchange, { status: 503 });
      return exchange.number === 3 ? undefined : server.serve(exchange);
    };
    const downloader = new Downloader({ bytesPerSecond: 40_000, retry: { delay: 1 } });
    const downloading = downloader.download(newResource(), server.url).subscribe();
    while (server.exchanges.length < 4) await delay(1);
    downloader.pause();
    downloader.resume();
    while (server.exchanges.length < 5) await delay(1);
    // Half a second's worth is saved up. To save it up anew would not be waited for.
    expect(server.asked.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => range(0, 20_000)));
    downloading.unsubscribe();
  });

  it('is held by reading as slowly where a server has no ranges, which is no stall', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { ignoresRange: true });
    // The first request of a process takes longer.
    await server.quiet();
    const downloader = new Downloader({ bytesPerSecond: CAP / 2, timeout: 1000, retry: false });
    const resource = newResource();
    const since = performance.now();
    const states: string[] = [];
    const downloading = downloader.download(resource, server.url).subscribe(({ state }) => states.push(state));
    for (let look = 0; look < 32; look++) {
      await delay(50);
      const seconds = (performance.now() - since) / 1000;
      expect(resource.coveredBytes).toBeLessThan((CAP / 2) * (seconds + 1) + 256 * KIB);
    }
    expect(resource.coveredBytes).toBeGreaterThan(CAP / 8);
    expect(new Set(states)).toEqual(new Set(['queued', 'requesting', 'receiving']));
    downloading.unsubscribe();
  });
});
