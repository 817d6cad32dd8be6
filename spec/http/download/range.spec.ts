import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { download } from 'tidemark/http';
import { AT_ONCE, complete, content, expectCommitted, expectNothingElse, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { untilCovered } from '../../support/until-covered.js';
import { range } from '../../support/range.js';

const part = range(100_000, 300_000);

describe('a download of a range', () => {
  it('asks for that part only, and completes when it is there; the resource stays active', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    await complete(resource, server.url, { range: part, chunkSize: 90_000 });
    expect(resource.coverage.toArray()).toEqual([part]);
    expect(resource.status.state).toBe('active');
    expect([resource.expectedLength, resource.identity]).toEqual([content.length, '"v1"']);
    expect(server.asked.map((range) => range?.start)).toEqual([100_000, 190_000, 280_000]);
    expect(server.sent).toBe(200_000);
    expectNothingElse(resource, content);
  });

  it('asks for nothing if it is there already, or empty', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    await complete(resource, server.url, { range: part });
    const requests = server.exchanges.length;
    await complete(resource, server.url, { range: range(150_000, 200_000) });
    await complete(resource, server.url, { range: range(700_000, 700_000) });
    expect(server.exchanges).toHaveLength(requests);
  });

  it('serves what is waited for within it first, and nothing outside', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.latency = 20;
    const resource = newResource();
    const outside = resource.read(range(800_000, 800_010)).subscribe();
    const over = resource.read(range(250_000, 600_000)).subscribe();
    await complete(resource, server.url, { range: part, chunkSize: 90_000 });
    await delay(50);
    expect(resource.coverage.toArray()).toEqual([part]);
    expect(server.asked[0]).toEqual(range(250_000, 300_000));
    outside.unsubscribe();
    over.unsubscribe();
  });

  it.each([
    ['which is the whole content', range(0, content.length)],
    ['which goes past the end', range(0, 50_000_000)],
  ])('commits if everything is there: %s', async (_, range) => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    await complete(resource, server.url, { range });
    expectCommitted(resource, content);
  });

  it('commits with the last part', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    for (const start of [600_000, 0, 300_000, 900_000]) {
      expect(resource.status.state).toBe('active');
      await complete(resource, server.url, { range: { start, end: start + 300_000 } });
    }
    expectCommitted(resource, content);
  });

  it('leaves an answer that is everything where the part ends, and writes nothing else of it', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      server.serve(exchange, { ignoresRange: true, headers: { 'content-length': undefined } });
    server.bytesPerSecond = 2_000_000;
    const resource = newResource();
    await complete(resource, server.url, { ...AT_ONCE, range: part });
    expect(resource.coverage.toArray()).toEqual([part]);
    expect(resource.status.state).toBe('active');
    expectNothingElse(resource, content);
    await server.quiet();
    expect(server.exchanges).toMatchObject([{ aborted: true }]);
  });

  it('behind the end of content whose length nobody tells completes without a byte', async () => {
    const server = await TestServer.start(content.subarray(0, 1000), '"v1"');
    server.manners = { headers: { 'content-range': undefined } };
    const resource = newResource();
    await complete(resource, server.url, { ...AT_ONCE, range: range(5000, 6000) });
    expect([resource.coveredBytes, resource.status.state]).toEqual([0, 'active']);
  });

  it('reads ahead within it, so far as it may', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const completed = lastValueFrom(download(resource, server.url, { range: part, readAhead: 50_000 }));
    await firstValueFrom(resource.read(range(100_000, 150_000)));
    await untilCovered(resource, 100_000);
    await delay(50);
    expect(resource.coverage.toArray()).toEqual([range(100_000, 200_000)]);
    await firstValueFrom(resource.read(range(200_000, 290_000)));
    await completed;
    expect(resource.coverage.toArray()).toEqual([part]);
  });

  it.each([range(5, 4), range(-1, 4), range(0, 1.5)])('refuses %j', (range) => {
    expect(() => download(newResource(), 'http://127.0.0.1/', { range })).toThrow(
      expect.objectContaining({ code: 'INVALID_RANGE' }),
    );
  });
});
