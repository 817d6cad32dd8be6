import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import type { ByteRange } from 'tidemark';
import { download } from 'tidemark/http';
import { range } from '../../../support/range.js';
import { untilCovered } from '../../../support/until-covered.js';
import { downloading, KIB, MIB, PIECE, readOn, untilIdle, window } from './in-windows.js';
import { expectVast, VastServer } from './vast-server.js';

/** What may be on its way where a body is not read on. */
const ON_ITS_WAY = 16 * MIB;

async function withoutRanges(length: number): Promise<VastServer> {
  const server = await VastServer.start(length);
  server.ranges = false;
  return server;
}

describe('a server without ranges, into a window', () => {
  it('sends no more than there is room for, as long as nobody reads on', async () => {
    const server = await withoutRanges(1000 * MIB);
    const resource = window(4 * MIB);
    const told = downloading(resource, server);
    await untilIdle(told, server);
    expect(told.last).toMatchObject({ state: 'idle' });
    expect(resource.coverage.toArray()).toEqual([range(0, 4 * MIB)]);
    expect(server.sent).toBeLessThan(ON_ITS_WAY);
    told.stop();
  });

  it('sends each byte once to who reads in order', async () => {
    const server = await withoutRanges(16 * MIB);
    const resource = window(MIB);
    const told = downloading(resource, server);
    await readOn(resource, 0, 16 * MIB);
    await untilIdle(told, server);
    expect(server.sent).toBe(16 * MIB);
    expect(server.asked).toHaveLength(1);
    expect(told.last).toMatchObject({ state: 'idle' });
    told.stop();
  });

  it('is asked anew for what lies behind, and what lies in front of a wait is not written', async () => {
    const server = await withoutRanges(32 * MIB);
    const resource = window(2 * MIB);
    const written: ByteRange[] = [];
    resource.writes$.subscribe((range) => written.push(range));
    const told = downloading(resource, server);
    const inside = (start: number, end: number): ByteRange[] =>
      written.filter((one) => one.start < end && start < one.end);
    await readOn(resource, 0, MIB);
    await readOn(resource, 24 * MIB, 25 * MIB);
    expect(inside(4 * MIB, 24 * MIB - PIECE)).toEqual([]);
    expect(server.asked).toHaveLength(1);
    await readOn(resource, 12 * MIB, 13 * MIB);
    expect(server.asked).toHaveLength(2);
    expect(inside(4 * MIB, 12 * MIB - PIECE)).toEqual([]);
    // On from there to the end.
    await readOn(resource, 13 * MIB, 32 * MIB);
    expect(server.asked).toHaveLength(2);
    expect(told.errors).toEqual([]);
    told.stop();
  });

  it('serves two that wait, one behind the other, in turns', async () => {
    const server = await withoutRanges(32 * MIB);
    const resource = window(2 * MIB);
    const told = downloading(resource, server);
    await Promise.all([readOn(resource, 24 * MIB, 26 * MIB), readOn(resource, 4 * MIB, 6 * MIB)]);
    expect(server.asked.length).toBeLessThan(20);
    expect(told.errors).toEqual([]);
    told.stop();
  });

  it('makes the download commit if all of it fits, though it was read from behind', async () => {
    const server = await withoutRanges(3 * MIB);
    const resource = window(4 * MIB);
    const tail = firstValueFrom(resource.read(range(3 * MIB - 100, 3 * MIB)));
    expect(await lastValueFrom(download(resource, server.url))).toMatchObject({ state: 'committed' });
    expectVast(3 * MIB - 100, await tail);
    expect(server.asked).toHaveLength(1);
  });
});

describe('a window in which nothing may go', () => {
  it.each([
    ['by ranges', true],
    ['in a pass', false],
  ])('makes a download wait until something may, and none of it is lost: %s', async (_, ranges) => {
    const server = await VastServer.start(8 * MIB);
    server.ranges = ranges;
    const resource = window(256 * KIB);
    const holds = [range(0, 128 * KIB), range(128 * KIB, 256 * KIB)].map((held) => resource.hold(held));
    const told = downloading(resource, server, { retry: false });
    await untilCovered(resource, 256 * KIB);
    const read = readOn(resource, 300 * KIB, 600 * KIB);
    await untilIdle(told, server);
    expect(resource.coverage.toArray()).toEqual([range(0, 256 * KIB)]);
    expect(told.last?.state).toBe('idle');
    holds[1]?.release();
    await read;
    expect(resource.has(range(0, 128 * KIB))).toBe(true);
    expect(told.errors).toEqual([]);
    told.stop();
    expect(resource.status.state).toBe('active');
  });
});
