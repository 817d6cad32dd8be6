import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, type Observable, ReplaySubject, share, toArray } from 'rxjs';
import { MemDriver, Resource } from 'tidemark';
import { download, type DownloadProgress } from 'tidemark/http';
import { content, expectCommitted, failure, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

/** The states, without repetitions. */
function statesOf(samples: readonly DownloadProgress[]): string[] {
  return samples.map(({ state }) => state).filter((state, i, states) => state !== states[i - 1]);
}

/** Resolves when a download says that it is in a state. */
function reaches(progress$: Observable<DownloadProgress>, state: string): Promise<DownloadProgress> {
  return firstValueFrom(progress$.pipe(filter((progress) => progress.state === state)));
}

describe('what a download tells', () => {
  it('is what it does, from the request to the commit', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.latency = 20;
    server.bytesPerSecond = 3_000_000;
    const samples = await lastValueFrom(
      download(newResource(), server.url, { chunkSize: 500_000, concurrency: 1 }).pipe(toArray()),
    );
    // Between one request and the next it still receives.
    expect(statesOf(samples)).toEqual(['requesting', 'receiving', 'committed']);
    expect(samples.every(({ attempt }) => attempt === 1)).toBe(true);
  });

  it('is that it is complete where it was not to commit', async () => {
    const server = await TestServer.start(content, '"v1"');
    const last = await lastValueFrom(download(newResource(), server.url, { commit: false }));
    expect(last).toMatchObject({ state: 'complete', fraction: 1, etaMs: 0 });
  });

  it('is that it idles when it has read ahead, and then there is no rate and no time to go', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const progress$ = download(resource, server.url, { readAhead: 200_000 }).pipe(
      share({ connector: () => new ReplaySubject(1) }),
    );
    const samples: DownloadProgress[] = [];
    const downloading = progress$.subscribe((progress) => samples.push(progress));
    const idle = await reaches(progress$, 'idle');
    expect(idle).toMatchObject({ coveredBytes: 200_000, bytesPerSecond: 0 });
    expect(idle).not.toHaveProperty('etaMs');
    const { length } = samples;
    await delay(600);
    expect(samples).toHaveLength(length);
    await firstValueFrom(resource.read(range(900_000, 900_010)));
    expect(statesOf(samples).slice(0, 5)).toEqual(['requesting', 'receiving', 'idle', 'requesting', 'receiving']);
    downloading.unsubscribe();
  });

  it('is which attempt it is, why, and when the next one is made', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      exchange.number < 2
        ? server.serve(exchange, { status: 503, body: Buffer.alloc(0), headers: { 'content-range': undefined } })
        : server.serve(exchange);
    const before = Date.now();
    const samples = await lastValueFrom(
      download(newResource(), server.url, { retry: { delay: 200, maxDelay: 200 } }).pipe(toArray()),
    );
    expect(statesOf(samples).slice(0, 6)).toEqual([
      'requesting',
      'retrying',
      'requesting',
      'retrying',
      'requesting',
      'receiving',
    ]);
    const retries = samples.filter(({ state }) => state === 'retrying');
    expect(retries.map(({ attempt }) => attempt)).toEqual([2, 3]);
    for (const { retryAt = 0, lastError } of retries) {
      expect(retryAt).toBeGreaterThan(before);
      expect(lastError).toMatchObject({ code: 'HTTP', httpStatus: 503 });
    }
    const others = samples.filter(({ state }) => state !== 'retrying');
    for (const progress of others) expect(progress).not.toHaveProperty('retryAt');
    expect(samples.at(-1)).toMatchObject({ state: 'committed', attempt: 1 });
    expect(samples.at(-1)).not.toHaveProperty('lastError');
  });

  it('may be that the resource was closed by whoever hears of it', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1_000_000;
    const resource = newResource();
    const states: string[] = [];
    await new Promise<void>((complete, error) => {
      download(resource, server.url).subscribe({
        next: ({ state }) => {
          states.push(state);
          if (state === 'receiving') resource.close();
        },
        error,
        complete,
      });
    });
    expect(states).toEqual(['requesting', 'receiving', 'closed']);
    await server.quiet();
  });
});

describe('the signal of a download', () => {
  it('ends it with CANCELLED and its reason, and leaves the resource active', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1_000_000;
    const resource = newResource();
    const cancelling = new AbortController();
    const ended = failure(resource, server.url, { signal: cancelling.signal });
    await firstValueFrom(resource.writes$);
    const reason = new Error('the user has left');
    cancelling.abort(reason);
    expect(await ended).toMatchObject({ code: 'CANCELLED', cause: reason });
    expect(resource.status.state).toBe('active');
    await server.quiet();
    server.bytesPerSecond = Infinity;
    await lastValueFrom(download(resource, server.url));
    expectCommitted(resource, content);
  });

  it('may have been aborted before: nothing is asked for', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const error = await failure(resource, server.url, { signal: AbortSignal.abort('never mind') });
    expect(error).toMatchObject({ code: 'CANCELLED', cause: 'never mind' });
    expect(resource.status.state).toBe('active');
    expect(server.exchanges).toEqual([]);
  });

  it('does nothing to a download that has ended', async () => {
    const server = await TestServer.start(content, '"v1"');
    const cancelling = new AbortController();
    const resource = Resource.open(new MemDriver());
    await lastValueFrom(download(resource, server.url, { signal: cancelling.signal }));
    cancelling.abort();
    expectCommitted(resource, content);
    resource.close();
  });
});
