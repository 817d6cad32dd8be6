import { describe, expect, it } from '@jest/globals';
import { range } from '../../../support/range.js';
import { readerThread } from '../../../support/threads.js';
import { untilCovered } from '../../../support/until-covered.js';
import { downloading, GIB, KIB, MIB, PIECE, readOn, untilIdle, window } from './in-windows.js';
import { expectVast, VastServer } from './vast-server.js';

describe('a download into a window with several readers', () => {
  it('brings each what it reads, hardly a byte twice', async () => {
    const server = await VastServer.start(GIB);
    const resource = window(4 * MIB);
    // Not what was sent: how much of that is on its way when a request is given up is the system's.
    let brought = 0;
    resource.writes$.subscribe(({ start, end }) => (brought += end - start));
    const told = downloading(resource, server);
    const places = [100 * MIB, 300 * MIB, 500 * MIB];
    await Promise.all(places.map((place) => readOn(resource, place, place + 4 * MIB)));
    told.stop();
    const needed = places.length * 4 * MIB;
    // And what was read ahead at the ends.
    expect(brought).toBeLessThan(needed * 1.25 + 4 * MIB);
    expect(told.errors).toEqual([]);
  });

  it('goes on where one reads in another thread that finds its bytes', async () => {
    const server = await VastServer.start(GIB);
    const resource = window(4 * MIB);
    const told = downloading(resource, server);
    await untilCovered(resource, 4 * MIB);
    const reader = readerThread();
    await reader.call('openSync', 'reader', resource.createPort().handle);
    const read = async (from: number, until: number): Promise<void> => {
      for (let at = from; at < until; at += PIECE) {
        expectVast(at, await reader.call('read', 'reader', PIECE, { at }));
      }
    };
    await read(0, 3 * MIB);
    await untilIdle(told, server);
    expect(resource.coveredBytes).toBe(4 * MIB);
    expect(resource.has(range(3 * MIB, 6 * MIB))).toBe(true);
    await read(3 * MIB, 20 * MIB);
    expect(server.sent).toBeLessThanOrEqual(24 * MIB);
    told.stop();
  });

  it('does not read ahead where nobody reads any more', async () => {
    const server = await VastServer.start(GIB);
    const resource = window(8 * MIB);
    const told = downloading(resource, server, { readAhead: 512 * KIB });
    for (const place of [10, 200, 400, 600, 800]) await readOn(resource, place * MIB, place * MIB + PIECE);
    await untilIdle(told, server);
    const before = server.asked.length;
    await readOn(resource, 800 * MIB + PIECE, 802 * MIB);
    await untilIdle(told, server);
    const later = server.asked.slice(before).map((asked) => asked?.start ?? 0);
    expect(later.filter((start) => start < 800 * MIB)).toEqual([]);
    told.stop();
  });
});
