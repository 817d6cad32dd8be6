import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { progress } from 'tidemark';
import { Downloader } from 'tidemark/http';
import { complete, content, expectCommitted, failure, newResource } from '../fixtures.js';
import { moveClock } from '../moving-clock.js';
import { type Exchange, TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

moveClock();

const refusal = { status: 503, body: Buffer.alloc(0), headers: { 'content-range': undefined } };

describe('a wall clock that is set at any time', () => {
  it.each([
    ['a good server', () => ({})],
    ['one that refuses', ({ number }: Exchange) => (number % 2 === 0 ? refusal : {})],
    [
      'one that asks to wait',
      ({ number }: Exchange) => (number === 1 ? { ...refusal, headers: { 'retry-after': 1 } } : {}),
    ],
    ['one that breaks off', ({ number }: Exchange) => (number % 2 === 0 ? { cutAfter: 30_000 } : {})],
    ['one that stalls', ({ number }: Exchange) => (number === 1 ? { stallAfter: 30_000 } : {})],
    ['one without ranges', () => ({ ignoresRange: true })],
  ])('changes nothing for a download from %s', async (_, manners) => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 5_000_000;
    server.handle = (exchange) => server.serve(exchange, manners(exchange));
    const resource = newResource();
    const tail = firstValueFrom(resource.read(range(900_000, 900_100)));
    await complete(resource, server.url, { chunkSize: 200_000, timeout: 500, retry: { delay: 20 } });
    expectCommitted(resource, content);
    expect(Buffer.compare(await tail, content.subarray(900_000, 900_100))).toBe(0);
  });

  it('lets nobody ask sooner than a server has asked for', async () => {
    const server = await TestServer.start(content, '"v1"');
    const times: number[] = [];
    server.handle = (exchange) => {
      times.push(performance.now());
      return server.serve(exchange, exchange.number === 0 ? { ...refusal, headers: { 'retry-after': 1 } } : {});
    };
    await complete(newResource(), server.url, { retry: { delay: 0 } });
    expect((times[1] ?? 0) - (times[0] ?? 0)).toBeGreaterThanOrEqual(990);
  });

  it('lets nobody wait for longer than the patience that there is', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { ...refusal, headers: { 'retry-after': 1 } });
    const error = await failure(newResource(), server.url, { retry: { delay: 0, patience: 1500 } });
    expect(error).toMatchObject({ httpStatus: 503 });
    expect(server.exchanges.length).toBeLessThanOrEqual(3);
  });

  it('changes nothing for downloads that share a limit of bytes', async () => {
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader({ bytesPerSecond: 2_000_000 });
    const resources = [newResource(), newResource()];
    const since = performance.now();
    await Promise.all(resources.map((resource) => lastValueFrom(downloader.download(resource, server.url))));
    for (const resource of resources) expectCommitted(resource, content);
    // Two million bytes, of which one second's worth may come at once.
    expect(performance.now() - since).toBeGreaterThan(300);
  });

  it('makes no rate negative or absurd', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 2_000_000;
    const resource = newResource();
    const rates: number[] = [];
    progress(resource, { every: 20 }).subscribe(({ bytesPerSecond }) => rates.push(bytesPerSecond));
    await complete(resource, server.url);
    expect(Math.min(...rates)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...rates)).toBeGreaterThan(100_000);
    expect(Math.max(...rates)).toBeLessThan(20_000_000);
  });
});
