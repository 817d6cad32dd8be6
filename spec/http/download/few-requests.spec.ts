import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import { download } from 'tidemark/http';
import {
  complete,
  expectCommitted,
  expectNothingElse,
  expectPartition,
  makeContent,
  newResource,
} from '../fixtures.js';
import { type Exchange, TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

const MIB = 2 ** 20;
const PIECE = 65_536;

describe('a reader that reads in several places in turn', () => {
  it.each([
    ['two tracks', [1_000_000, 9_000_000], 20, 6],
    ['three tracks', [1_000_000, 7_000_000, 13_000_000], 20, 12],
  ])('costs a request for each stream, not for each read: %s', async (_, places, rounds, most) => {
    const content = makeContent(16_000_000);
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 5_000_000;
    server.latency = 50;
    const resource = newResource();
    const downloading = download(resource, server.url).subscribe();
    await firstValueFrom(resource.read(range(0, 10)));
    const before = server.exchanges.length;
    for (let round = 0; round < rounds; round++) {
      for (const place of places) {
        const piece = range(place + round * PIECE, place + (round + 1) * PIECE);
        const bytes = await firstValueFrom(resource.read(piece));
        expect(Buffer.compare(bytes, content.subarray(piece.start, piece.end))).toBe(0);
      }
    }
    expect(server.exchanges.length - before).toBeLessThanOrEqual(most);
    expect(server.mostActive).toBeLessThanOrEqual(places.length + 2);
    downloading.unsubscribe();
  });

  it('has the stream of a place that it leaves for good given up', async () => {
    const server = await TestServer.start(makeContent(16_000_000), '"v1"');
    server.bytesPerSecond = 2_000_000;
    const resource = newResource();
    const downloading = download(resource, server.url).subscribe();
    const read = (start: number): Promise<unknown> => firstValueFrom(resource.read({ start, end: start + PIECE }));
    for (const [round, place] of [1, 9, 1, 9, 1].entries()) await read(place * MIB + round * PIECE);
    const isOpen = ({ response }: Exchange): boolean => !response.destroyed && !response.writableEnded;
    // Long ones: what one piece alone was asked for may end by itself meanwhile.
    const isLong = ({ asked }: Exchange): boolean => asked !== undefined && asked.end - asked.start >= MIB;
    const streams = server.exchanges.filter((exchange) => isOpen(exchange) && isLong(exchange));
    expect(streams.length).toBeGreaterThan(0);
    // A seek: what was read in turn before is not wanted any more.
    await read(5 * MIB);
    while (streams.some(isOpen)) await delay(5);
    expect(streams.filter(({ aborted }) => !aborted)).toEqual([]);
    downloading.unsubscribe();
  });
});

describe('requests that follow each other', () => {
  it.each([
    ['that takes its time to answer', 30, 40_000_000],
    ['that is as fast as it can be', 0, Infinity],
  ])(
    'leave no time in between: the next is made while bytes are still to come, at a server %s',
    async (_, latency, rate) => {
      const content = makeContent(24 * MIB);
      const server = await TestServer.start(content, '"v1"');
      server.bytesPerSecond = rate;
      server.latency = latency;
      const resource = newResource();
      const late: number[] = [];
      const watched: typeof fetch = (input, init) => {
        const start = Number(/^bytes=(\d+)-/.exec(new Headers(init?.headers).get('range') ?? '')?.[1]);
        if (start > 0 && resource.nextGap(0, start) === undefined) late.push(start);
        return fetch(input, init);
      };
      await complete(resource, server.url, { fetch: watched, chunkSize: MIB });
      expectCommitted(resource, content);
      expectPartition(server.asked, content.length);
      expect(server.exchanges).toHaveLength(24);
      expect(late).toEqual([]);
    },
  );
});

describe('seeks that follow each other', () => {
  it.each([
    ['after the first answer', true],
    ['from the start on', false],
  ])('make about one request a round trip, and the last one is asked for next: %s', async (_, isAnswered) => {
    const content = makeContent(40_000_000);
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 20_000_000;
    server.latency = 100;
    const resource = newResource();
    const downloading = download(resource, server.url).subscribe();
    if (isAnswered) await firstValueFrom(resource.read(range(0, 10)));
    const before = server.exchanges.length;
    const startedAt = performance.now();
    let place = 7;
    for (let i = 0; i < 150; i++) {
      place = (place * 7919 + 13) % 500;
      const wait = resource.waitRange(range(place * PIECE, (place + 1) * PIECE)).subscribe();
      await delay(10);
      wait.unsubscribe();
    }
    const roundTrips = (performance.now() - startedAt) / server.latency;
    const made = server.exchanges.length - before;
    expect(made).toBeLessThanOrEqual(roundTrips + 3);

    const last = range(39_000_000, 39_000_000 + PIECE);
    const bytes = await firstValueFrom(resource.read(last));
    expect(Buffer.compare(bytes, content.subarray(last.start, last.end))).toBe(0);
    expect(server.asked.slice(before + made, before + made + 2).map((range) => range?.start)).toContain(last.start);
    downloading.unsubscribe();
    expectNothingElse(resource, content);
  });

  it('do not keep back somebody else, who has waited since before', async () => {
    const server = await TestServer.start(makeContent(8_000_000), '"v1"');
    server.latency = 200;
    const resource = newResource();
    const downloading = download(resource, server.url, { concurrency: 1, readAhead: 0 }).subscribe();
    await firstValueFrom(resource.read(range(0, 10)));
    const sought = resource.waitRange(range(2 * MIB, 2 * MIB + 10)).subscribe();
    await delay(20);
    const other = firstValueFrom(resource.read(range(4 * MIB, 4 * MIB + 10)));
    await delay(20);
    sought.unsubscribe();
    const next = firstValueFrom(resource.read(range(6 * MIB, 6 * MIB + 10)));
    await other;
    await next;
    expect(server.asked.map((range) => (range?.start ?? 0) / MIB)).toEqual([0, 2, 4, 6]);
    downloading.unsubscribe();
  });
});

describe('the length of requests', () => {
  const content = makeContent(30_000_000);

  it('grows with the rate: a fast server is asked a few times', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    await complete(resource, server.url);
    expectCommitted(resource, content);
    expect(server.exchanges.length).toBeLessThan(15);
    expect(server.sent).toBe(content.length);
  });

  it('is a MiB where the server is slow', async () => {
    const server = await TestServer.start(content.subarray(0, 3 * MIB), '"v1"');
    server.bytesPerSecond = 900_000;
    await complete(newResource(), server.url);
    expect(server.asked.map((range) => range?.start)).toEqual([0, MIB, 2 * MIB]);
  });

  it('is what `chunkSize` allows at most', async () => {
    const server = await TestServer.start(content.subarray(0, 6_000_000), '"v1"');
    await complete(newResource(), server.url, { chunkSize: 1_500_000 });
    const lengths = server.asked.map((range) => (range?.end ?? Infinity) - (range?.start ?? 0));
    expect(Math.max(...lengths)).toBeLessThanOrEqual(1_500_000);
  });
});
