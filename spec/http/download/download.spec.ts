import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom, lastValueFrom, retry, toArray } from 'rxjs';
import { MemDriver, readChunks, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { MmapDriver } from 'tidemark/node';
import { complete, expectCommitted, expectPartition, failure, makeContent, md5, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { filled } from '../../support/bytes.js';
import { errorOf } from '../../support/code-of.js';
import { untilCovered } from '../../support/until-covered.js';
import { range } from '../../support/range.js';

const KIB = 1024;
const MIB = 1024 * KIB;

describe('a download', () => {
  it('writes everything and commits, and sets length and identity with the first answer', async () => {
    const content = makeContent(3_000_000);
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    await complete(resource, server.url);
    expectCommitted(resource, content);
    expect(resource.identity).toBe('"v1"');
    expect(resource.expectedLength).toBe(content.length);
  });

  it('takes no more requests than its chunks need, and fetches no byte twice', async () => {
    const content = makeContent(8_000_000);
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 40_000_000;
    const resource = newResource();
    const reading = lastValueFrom(readChunks(resource).pipe(toArray()));
    await complete(resource, new URL(server.url), { chunkSize: MIB });
    expectCommitted(resource, content);
    expect(server.asked.length).toBe(Math.ceil(content.length / MIB));
    expectPartition(server.asked, content.length);
    expect(server.sent).toBe(content.length);
    expect(md5(Buffer.concat(await reading))).toBe(md5(content));
  });

  it('emits progress at once, on the way and at the end', async () => {
    const content = makeContent(600_000);
    const server = await TestServer.start(content);
    server.bytesPerSecond = 800_000;
    const samples = await lastValueFrom(download(newResource(), server.url).pipe(toArray()));
    expect(samples[0]).toEqual({ coveredBytes: 0, bytesPerSecond: 0, state: 'requesting', attempt: 1 });
    expect(samples.length).toBeGreaterThan(2);
    expect(samples.at(-1)).toMatchObject({ coveredBytes: 600_000, totalBytes: 600_000, fraction: 1, etaMs: 0 });
    expect(samples.at(-1)?.bytesPerSecond).toBeGreaterThan(0);
  });

  it('completes at once on a committed resource, and asks nothing', async () => {
    const server = await TestServer.start(makeContent(1000));
    const resource = newResource();
    resource.writeAll(filled(3));
    const samples = await lastValueFrom(download(resource, server.url).pipe(toArray()));
    const all = { coveredBytes: 3, totalBytes: 3, fraction: 1, bytesPerSecond: 0, etaMs: 0 };
    expect(samples).toEqual([{ ...all, state: 'committed', attempt: 1 }]);
    expect(server.exchanges).toEqual([]);
  });

  it('leaves the resource active, complete, when it is not to commit', async () => {
    const content = makeContent(100_000);
    const server = await TestServer.start(content);
    const resource = newResource();
    await complete(resource, server.url, { commit: false });
    expect(resource.status).toEqual({ state: 'active', expectedLength: content.length });
    resource.commit();
    expectCommitted(resource, content);
  });

  it('refuses a second one on the same resource, and goes on with the first', async () => {
    const content = makeContent(500_000);
    const server = await TestServer.start(content);
    server.bytesPerSecond = 1_000_000;
    const resource = newResource();
    const first = complete(resource, server.url);
    expect(await failure(resource, server.url)).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(resource.status.state).toBe('active');
    await first;
    expectCommitted(resource, content);
  });

  it('fetches only what is missing', async () => {
    const content = makeContent(1_000_000);
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    resource.writeAt(100_000, content.subarray(100_000, 400_000));
    resource.writeAt(700_000, content.subarray(700_000, 1_000_000));
    await complete(resource, server.url, { trustLength: true });
    expectCommitted(resource, content);
    expect(server.asked).toEqual([range(0, 100_000), range(400_000, 700_000)]);
  });

  it.each([
    ['at once', 0],
    ['while it is connected', 5],
    ['while bytes come', 200],
  ])('stops everything when it is unsubscribed from %s, and is gone on with later', async (_, after) => {
    const content = makeContent(1_000_000);
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 1_000_000;
    const resource = newResource();
    const subscription = download(resource, server.url, { chunkSize: 200_000 }).subscribe();
    if (after > 0) await delay(after);
    subscription.unsubscribe();
    expect(resource.status.state).toBe('active');
    const { coveredBytes } = resource;
    await server.quiet();
    expect(resource.coveredBytes).toBe(coveredBytes);
    const missing = [...resource.coverage.gaps(range(0, content.length))];
    server.exchanges = [];
    server.bytesPerSecond = Infinity;
    await complete(resource, server.url, { chunkSize: 1_000_000 });
    expectCommitted(resource, content);
    expect(server.asked).toEqual(missing);
  });

  it.each(['close', 'discard'] as const)(
    'completes when its owner ends the resource, and asks for nothing more: %s',
    async (end) => {
      const server = await TestServer.start(makeContent(1_000_000));
      server.bytesPerSecond = 1_000_000;
      const resource = newResource();
      const last = lastValueFrom(download(resource, server.url));
      await firstValueFrom(resource.writes$);
      resource[end]();
      expect(await last).toMatchObject({ state: 'closed' });
      await server.quiet();
    },
  );

  it('ends with an error when the resource is failed or cancelled, and asks for nothing more', async () => {
    const server = await TestServer.start(makeContent(1_000_000));
    server.bytesPerSecond = 1_000_000;
    const cancelling = new AbortController();
    const reason = new Error('enough');
    const cancelled = Resource.open(new MemDriver(), { signal: cancelling.signal });
    for (const [resource, end, code] of [
      [
        newResource(),
        (resource: Resource) => {
          resource.fail(reason);
        },
        'FAILED',
      ],
      [
        cancelled,
        () => {
          cancelling.abort(reason);
        },
        'CANCELLED',
      ],
    ] as const) {
      const ended = failure(resource, server.url);
      await firstValueFrom(resource.writes$);
      end(resource);
      expect(await ended).toMatchObject({ code, cause: reason });
      await server.quiet();
    }
    cancelled.close();
  });

  it('errors when the resource is closed already', async () => {
    const resource = newResource();
    resource.close();
    expect(await failure(resource, 'http://127.0.0.1:9/')).toMatchObject({ code: 'CLOSED' });
  });

  it('completes when somebody else has committed the resource', async () => {
    const server = await TestServer.start(makeContent(1_000_000));
    server.bytesPerSecond = 1_000_000;
    const resource = newResource();
    const completed = complete(resource, server.url);
    await firstValueFrom(resource.writes$);
    resource.writeAll(filled(10));
    await completed;
    expect(resource.length).toBe(10);
  });

  it('completes when somebody else has written the rest, even while it idles', async () => {
    const content = makeContent(1_000_000);
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource();
    const completed = complete(resource, server.url, { readAhead: 100_000 });
    await untilCovered(resource, 100_000);
    await delay(20);
    resource.writeAt(50_000, content.subarray(50_000));
    await completed;
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(1);
  });

  it('can be subscribed to again at once by who hears that it failed', async () => {
    const content = makeContent(300_000);
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      server.serve(exchange, exchange.number === 0 ? { status: 404, headers: { 'content-range': undefined } } : {});
    const resource = newResource();
    await lastValueFrom(download(resource, server.url).pipe(retry(1)));
    expectCommitted(resource, content);
  });

  it('asks a url function again when it is subscribed to again', async () => {
    const content = makeContent(300_000);
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      server.serve(
        exchange,
        exchange.request.url === '/2' ? {} : { status: 403, headers: { 'content-range': undefined } },
      );
    let made = 0;
    const resource = newResource();
    await lastValueFrom(download(resource, () => `${server.origin}/${++made}`).pipe(retry(1)));
    expect(made).toBe(2);
  });

  it.each([
    ['fail', { code: 'FAILED' }],
    ['close', { state: 'closed' }],
  ] as const)('does not say that it is complete when somebody does this before the commit: %s', async (end, told) => {
    const server = await TestServer.start(makeContent(300_000), '"v1"');
    const folder = mkdtempSync(join(tmpdir(), 'tidemark-http-'));
    const resource: Resource = Resource.open(new MmapDriver({ path: join(folder, 'song') }));
    const ended = lastValueFrom(download(resource, server.url)).catch((error: unknown) => error);
    await firstValueFrom(resource.writes$.pipe(filter(() => resource.coveredBytes === 300_000)));
    if (end === 'fail') resource.fail('enough');
    else resource.close();
    expect(await ended).toMatchObject(told);
    resource.close();
    rmSync(folder, { recursive: true });
  });

  it('leaves nothing open where the fetch that it is given heeds no signal, and makes errors of whatever that throws', async () => {
    const content = makeContent(300_000);
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { stallAfter: 1000 });
    const resource = newResource();
    const deaf: typeof fetch = (input, init) => fetch(input, { ...init, signal: null });
    const downloading = download(resource, server.url, { fetch: deaf }).subscribe();
    await firstValueFrom(resource.writes$);
    downloading.unsubscribe();
    await server.quiet();
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what is tested
    const refusing: typeof fetch = () => Promise.reject(null);
    expect(await failure(resource, server.url, { fetch: refusing, retry: false })).toMatchObject({ code: 'HTTP' });
  });

  it('ends with what a write throws, and can be gone on with', async () => {
    const content = makeContent(300_000);
    const server = await TestServer.start(content);
    const resource = Resource.open(new MemDriver({ capacity: 100_000 }));
    expect(await failure(resource, server.url)).toMatchObject({ code: 'CAPACITY' });
    expect(resource.status).toMatchObject({ state: 'failed' });
    resource.close();
  });

  it.each([
    ['concurrency', { concurrency: 0 }],
    ['chunkSize', { chunkSize: 1.5 }],
    ['readAhead', { readAhead: -1 }],
    ['timeout', { timeout: NaN }],
    ['retry.count', { retry: { count: -1 } }],
    ['retry.delay', { retry: { delay: Infinity } }],
    ['retry.patience', { retry: { patience: 0 } }],
    ['minRate', { minRate: -1 }],
    ['minRate.ms', { minRate: { bytesPerSecond: 1, ms: 0 } }],
    ['revalidate', { live: true, revalidate: true }],
    ['onError', { onError: 'ignore' as 'leave' }],
  ])('refuses an option that makes no sense: %s', (name, options) => {
    const refused = errorOf(() => download(newResource(), 'http://127.0.0.1/', options));
    expect(refused.code).toBe('INVALID_ARGUMENT');
    expect(refused.message).toContain(`Expected ${name} to be `);
  });

  it('refuses what is no URL, at the call or from a function', async () => {
    const refused = errorOf(() => download(newResource(), 'song.flac'));
    expect(refused.code).toBe('INVALID_ARGUMENT');
    expect(refused.message).toContain('"song.flac"');
    expect(await failure(newResource(), () => 'song.flac')).toMatchObject({ code: 'INVALID_ARGUMENT' });
    const secret = errorOf(() => download(newResource(), 'http://user:secret@127.0.0.1/'));
    expect(secret.code).toBe('INVALID_ARGUMENT');
    expect(secret.message).not.toContain('secret');
  });

  it('refuses a scheme that fetch does not know, at once and by name, also from a function', async () => {
    for (const url of ['ftp://127.0.0.1/song.flac', 'song:1', 'file:///song.flac']) {
      for (const given of [url, () => url]) {
        const refused = await failure(newResource(), given, { retry: { count: Infinity, patience: Infinity } });
        expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT' });
        expect(refused.message).toContain(`the scheme ${new URL(url).protocol}`);
      }
    }
  });

  it('leaves it to the fetch that it is given which schemes there are, and asks that again', async () => {
    const content = makeContent(10_000);
    let asked = 0;
    const fetch = (): Promise<Response> => {
      asked += 1;
      if (asked === 1) return Promise.reject(new TypeError('not now'));
      return Promise.resolve(new Response(new Uint8Array(content)));
    };
    const resource = newResource();
    await complete(resource, 'app://songs/1', { fetch, retry: { delay: 0 } });
    expectCommitted(resource, content);
    expect(asked).toBe(2);
  });

  it('goes through the fetch that it is given, with the headers that it is given', async () => {
    const content = makeContent(10_000);
    const server = await TestServer.start(content);
    const resource = newResource();
    const asked: string[] = [];
    await complete(resource, server.url, {
      headers: { authorization: 'Bearer 1', range: 'bytes=0-0', 'if-range': '"x"' },
      fetch: (input, init) => {
        asked.push(input as string);
        return fetch(input, init);
      },
    });
    expect(asked).toEqual([server.url]);
    const { headers } = server.exchanges[0]?.request ?? {};
    expect(headers).toMatchObject({
      authorization: 'Bearer 1',
      range: 'bytes=0-1048575',
      'accept-encoding': 'identity',
    });
    expect(headers).not.toHaveProperty('if-range');
    expectCommitted(resource, content);
  });
});
