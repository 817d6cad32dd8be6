import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom, toArray } from 'rxjs';
import { isStorageError, readChunks, type Resource, WindowDriver } from 'tidemark';
import { download, Downloader } from 'tidemark/http';
import { newResource } from '../../fixtures.js';
import { errorOf } from '../../../support/code-of.js';
import { range } from '../../../support/range.js';
import { rounds } from '../../../run/rounds.js';
import { expectSong, Radio } from './radio.js';

const MIB = 2 ** 20;
const LIVE = { live: true, retry: { delay: 1 } } as const;
const PIECE = 10_000;

function ring(maxBytes = MIB): Resource {
  return newResource(new WindowDriver({ maxBytes, keep: 'latest' }));
}

/** Resolves when so many bytes have come, those that have gone since included. */
async function untilReached(resource: Resource, end: number): Promise<void> {
  await firstValueFrom(resource.waitRange(range(end - 1, end), { passive: true }));
}

/** Listens from `from` to `until`, and answers where it had to go on since bytes had gone. */
async function listen(resource: Resource, from: number, until: number): Promise<number[]> {
  const skips: number[] = [];
  for (let at = from; at < until;) {
    try {
      const bytes = await firstValueFrom(resource.read(range(at, Math.min(at + PIECE, until))));
      expectSong(at, bytes);
      at += bytes.length;
    } catch (error) {
      if (!isStorageError(error, 'GONE')) throw error;
      const gap = resource.nextGap(at);
      expect(gap?.start).toBe(at);
      at = gap?.end ?? at;
      skips.push(at);
    }
  }
  return skips;
}

describe('a live download into a window', () => {
  it('brings an hour of radio in a minute through 1 MiB, and its listener gets every byte', async () => {
    const radio = await Radio.start();
    // 128 kbit/s, sixty times as fast.
    Object.assign(radio, { step: 9600, pause: 10 });
    const seconds = rounds(60, 2);
    const length = seconds * 960_000;
    const resource = ring();
    const downloading = download(resource, radio.url, LIVE).subscribe();
    expect(await listen(resource, 0, length)).toEqual([]);
    expect(resource.coveredBytes).toBeLessThanOrEqual(MIB);
    downloading.unsubscribe();
    expect(resource.status.state).toBe('active');
  }, 200_000);

  it('ends the wait of a listener that pauses for too long with GONE, and it goes on with what is there', async () => {
    const radio = await Radio.start();
    const resource = ring();
    const downloading = download(resource, radio.url, LIVE).subscribe();
    await listen(resource, 0, 300_000);
    radio.until = 5 * MIB;
    await untilReached(resource, radio.until);
    const [skip = 0, ...others] = await listen(resource, 300_000, radio.until);
    expect(skip).toBeGreaterThanOrEqual(4 * MIB);
    expect(others).toEqual([]);
    downloading.unsubscribe();
  });

  it('lets one listen to what has come before, as far as the window goes back', async () => {
    const radio = await Radio.start();
    radio.until = 3 * MIB;
    const resource = ring();
    const downloading = download(resource, radio.url, LIVE).subscribe();
    await untilReached(resource, radio.until);
    const back = radio.until - 900_000;
    expect(await listen(resource, back, radio.until)).toEqual([]);
    // Live again.
    radio.until += 200_000;
    expect(await listen(resource, 3 * MIB, radio.until)).toEqual([]);
    downloading.unsubscribe();
  });

  it('goes on where the last byte stood, subscribed to anew, though every byte was evicted', async () => {
    const radio = await Radio.start();
    radio.until = 2 * MIB;
    const resource = ring();
    const first = download(resource, radio.url, LIVE).subscribe();
    await untilReached(resource, radio.until);
    first.unsubscribe();
    expect(resource.evict(range(0, 4 * MIB))).toBeGreaterThan(900_000);
    expect(resource.coveredBytes).toBe(0);
    // Else it may send to the one that has left.
    while (radio.listeners > 0) await delay(1);
    radio.until += 50_000;
    const reconnections: (number | undefined)[] = [];
    const second = download(resource, radio.url, LIVE).subscribe(({ reconnectedAt }) => {
      reconnections.push(reconnectedAt);
    });
    await untilReached(resource, radio.until);
    expect(resource.coverage.toArray()).toEqual([range(2 * MIB, radio.until)]);
    expect(await listen(resource, 2 * MIB, radio.until)).toEqual([]);
    expect(reconnections.at(-1)).toBe(2 * MIB);
    second.unsubscribe();
  });

  it('does not fail while nothing may go for what comes, but goes on when something may', async () => {
    const radio = await Radio.start();
    // More than the window holds, and no more: else a listener that pauses here may be left behind.
    radio.until = 350_000;
    const resource = ring(256 * 1024);
    const holds = [range(0, 128 * 1024), range(128 * 1024, 256 * 1024)].map((held) => resource.hold(held));
    const failures: unknown[] = [];
    const downloading = download(resource, radio.url, LIVE).subscribe({
      error: (error: unknown) => failures.push(error),
    });
    await untilReached(resource, 256 * 1024);
    await delay(200);
    expect(resource.coverage.toArray()).toEqual([range(0, 256 * 1024)]);
    holds[0]?.release();
    await untilReached(resource, 300_000);
    expect(await listen(resource, 128 * 1024, 300_000)).toEqual([]);
    holds[1]?.release();
    radio.until = Infinity;
    await untilReached(resource, 2 * MIB);
    expect(failures).toEqual([]);
    downloading.unsubscribe();
  });

  it('that waits for room is unsubscribed from like any other', async () => {
    const radio = await Radio.start();
    const resource = ring(128 * 1024);
    for (const held of [range(0, 64 * 1024), range(64 * 1024, 128 * 1024)]) resource.hold(held);
    const downloading = download(resource, radio.url, LIVE).subscribe();
    await untilReached(resource, 128 * 1024);
    await delay(50);
    downloading.unsubscribe();
    await radio.server.quiet();
    expect(resource.coverage.toArray()).toEqual([range(0, 128 * 1024)]);
  });

  it('completes when the answer ends cleanly, and readers end there', async () => {
    const radio = await Radio.start();
    Object.assign(radio, { until: 3 * MIB, end: 'end' });
    const resource = ring();
    const listening = listen(resource, 0, 3 * MIB);
    const last = await lastValueFrom(download(resource, radio.url, LIVE));
    expect(last).toMatchObject({ state: 'complete' });
    expect(resource.status).toEqual({ state: 'active', expectedLength: 3 * MIB });
    await listening;
    const rest = await lastValueFrom(readChunks(resource, { start: 3 * MIB - 1000 }).pipe(toArray()));
    expectSong(3 * MIB - 1000, Buffer.concat(rest));
    expect(errorOf(() => resource.commit())).toMatchObject({ code: 'INCOMPLETE', range: { start: 0 } });
  });

  it('goes on behind such an end, subscribed to anew', async () => {
    const radio = await Radio.start();
    Object.assign(radio, { until: 2 * MIB, end: 'end' });
    const resource = ring();
    await lastValueFrom(download(resource, radio.url, LIVE));
    radio.until += 100_000;
    await lastValueFrom(download(resource, radio.url, LIVE));
    expect(resource.expectedLength).toBe(radio.until);
    expect(await listen(resource, 2 * MIB, radio.until)).toEqual([]);
  });

  it('is committed when it ends cleanly while all of it is there', async () => {
    const radio = await Radio.start();
    Object.assign(radio, { until: 500_000, end: 'end' });
    const resource = ring();
    expect(await lastValueFrom(download(resource, radio.url, LIVE))).toMatchObject({ state: 'committed' });
    expectSong(0, resource.readAll());
  });
});

describe('a window', () => {
  it("takes a live download only with `keep: 'latest'`, and no other with it", async () => {
    const radio = await Radio.start();
    const near = newResource(new WindowDriver({ maxBytes: MIB }));
    for (const from of [download, new Downloader().download.bind(new Downloader())]) {
      expect(errorOf(() => from(near, radio.url, LIVE))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining("`keep: 'latest'`"),
      });
      expect(errorOf(() => from(ring(), radio.url))).toMatchObject({
        code: 'INVALID_ARGUMENT',
        message: expect.stringContaining('`live: true`'),
      });
    }
    expect(near.status.state).toBe('active');
    expect(radio.server.exchanges).toEqual([]);
  });
});
