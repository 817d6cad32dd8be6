import { describe, expect, it } from '@jest/globals';
import { filter, lastValueFrom, toArray } from 'rxjs';
import { MemDriver, readChunks, Resource } from 'tidemark';
import { download, Downloader, type DownloadProgress } from 'tidemark/http';
import { complete, content, expectCommitted, failure, newResource } from '../fixtures.js';
import { type Exchange, TestServer } from '../test-server.js';
import { filled } from '../../support/bytes.js';
import { untilCovered } from '../../support/until-covered.js';

const LIVE = { live: true, retry: { delay: 1 } };

/** A radio: sends what comes next, whoever asks, and knows no ranges. */
async function play(server: TestServer, exchange: Exchange, from: number, bytes: number, end: 'end' | 'cut' | 'go on') {
  const { response } = exchange;
  response.writeHead(200, { 'content-type': 'audio/mpeg' });
  let at = from;
  const step = 5000;
  while (!response.destroyed && (end === 'go on' || at < from + bytes)) {
    const until = end === 'go on' ? at + step : Math.min(at + step, from + bytes);
    response.write(server.content.subarray(at % content.length, ((until - 1) % content.length) + 1));
    at = until;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  if (end === 'cut') response.destroy();
  else response.end();
}

describe('a live download', () => {
  it('is committed when the answer ends cleanly', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => play(server, exchange, 0, content.length, 'end');
    const resource = newResource();
    const reading = lastValueFrom(readChunks(resource).pipe(toArray()));
    const last = await lastValueFrom(download(resource, server.url, LIVE));
    expect(last).toMatchObject({ state: 'committed' });
    expect(last).not.toHaveProperty('reconnectedAt');
    expectCommitted(resource, content);
    expect(Buffer.compare(Buffer.concat(await reading), content)).toBe(0);
    expect(server.asked).toEqual([undefined]);
    expect(resource.identity).toBeUndefined();
  });

  it('is left active, complete, when it is not to commit', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => play(server, exchange, 0, 20_000, 'end');
    const resource = newResource();
    const last = await lastValueFrom(download(resource, server.url, { ...LIVE, commit: false }));
    expect(last).toMatchObject({ state: 'complete', coveredBytes: 20_000 });
    expect(resource.status.state).toBe('active');
  });

  it('goes on appending over cuts, and says where a decoder has to find its feet', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => {
      const { number } = exchange;
      return play(server, exchange, number * 100_000, 20_000, number < 3 ? 'cut' : 'end');
    };
    const resource = newResource();
    const seen: DownloadProgress[] = [];
    const downloading = download(resource, server.url, LIVE);
    await lastValueFrom(downloading.pipe(filter((progress) => seen.push(progress) > 0)));
    expect(resource.status.state).toBe('committed');
    const places = [...new Set(seen.map(({ reconnectedAt }) => reconnectedAt))].filter((at) => at !== undefined);
    expect(places).toHaveLength(3);
    // What a connection has brought before it was cut is kept, and what comes next stands behind
    // it.
    const bytes = Buffer.from(resource.readAll());
    for (const [i, at] of places.entries()) {
      expect(
        Buffer.compare(bytes.subarray(at, at + 100), content.subarray((i + 1) * 100_000, (i + 1) * 100_000 + 100)),
      ).toBe(0);
    }
    expect(server.exchanges).toHaveLength(4);
  });

  it('appends behind what is there, whatever that is', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => play(server, exchange, 0, 20_000, 'end');
    const resource = newResource();
    resource.writeAt(0, filled(10));
    const last = await lastValueFrom(download(resource, server.url, LIVE));
    expect(last).toMatchObject({ reconnectedAt: 10, coveredBytes: 20_010 });
  });

  it('goes on for ever, until it is unsubscribed from or the resource is closed', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => play(server, exchange, 0, 0, 'go on');
    const resource = newResource();
    const downloading = download(resource, server.url, LIVE).subscribe();
    await untilCovered(resource, 100_000);
    downloading.unsubscribe();
    expect(resource.status.state).toBe('active');
    const { coveredBytes } = resource;
    await server.quiet();
    expect(resource.coveredBytes).toBe(coveredBytes);
    const last = lastValueFrom(download(resource, server.url, LIVE));
    await untilCovered(resource, coveredBytes + 50_000);
    resource.close();
    expect(await last).toMatchObject({ state: 'closed', reconnectedAt: coveredBytes });
    await server.quiet();
  });

  it('ends with CAPACITY where there is no more room, and what came can be read', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => play(server, exchange, 0, 0, 'go on');
    const resource = Resource.open(new MemDriver({ capacity: 200_000 }));
    expect(await failure(resource, server.url, LIVE)).toMatchObject({ code: 'CAPACITY' });
    expect(resource.coveredBytes).toBeGreaterThan(100_000);
    const bytes = Buffer.alloc(100_000);
    resource.readAt(0, bytes);
    expect(Buffer.compare(bytes, content.subarray(0, 100_000))).toBe(0);
    await server.quiet();
    resource.close();
  });

  it('is given up after so many failures in a row', async () => {
    const server = await TestServer.start(content);
    server.handle = ({ response }) => response.destroy();
    const error = await failure(newResource(), server.url, { live: true, retry: { count: 2, delay: 1 } });
    expect(error).toMatchObject({ code: 'HTTP' });
    expect(server.exchanges).toHaveLength(3);
  });

  it('that says nothing any more is connected to anew', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      exchange.number === 0
        ? server.serve(exchange, { stallAfter: 5000, ignoresRange: true })
        : play(server, exchange, 5000, 5000, 'end');
    const resource = newResource();
    await complete(resource, server.url, { ...LIVE, timeout: 1000 });
    expectCommitted(resource, content.subarray(0, 10_000));
  });

  it('is paused with the downloads that it is one of, and goes on behind what it has', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) => play(server, exchange, 0, 0, 'go on');
    const downloader = new Downloader();
    const resource = newResource();
    const states: string[] = [];
    const downloading = downloader.download(resource, server.url, LIVE).subscribe(({ state }) => states.push(state));
    await untilCovered(resource, 20_000);
    downloader.pause();
    expect(states.at(-1)).toBe('paused');
    const { coveredBytes } = resource;
    await server.quiet();
    expect(resource.coveredBytes).toBe(coveredBytes);
    downloader.resume();
    await untilCovered(resource, coveredBytes + 20_000);
    expect(server.exchanges).toHaveLength(2);
    downloading.unsubscribe();
  });
});
