import { describe, expect, it } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { download } from 'tidemark/http';
import { range } from '../../../support/range.js';
import { untilCovered } from '../../../support/until-covered.js';
import { rounds } from '../../../run/rounds.js';
import { downloading, GIB, KIB, MIB, PIECE, readOn, untilIdle, window } from './in-windows.js';
import { expectVast, VastServer } from './vast-server.js';

describe('a download into a window', () => {
  it('reads ahead as far as there is room, is idle, and goes on where somebody reads on', async () => {
    const server = await VastServer.start(GIB);
    const resource = window(4 * MIB);
    const told = downloading(resource, server);
    await untilCovered(resource, 4 * MIB);
    await untilIdle(told, server);
    expect(told.last).toMatchObject({ state: 'idle', totalBytes: GIB });
    expect(resource.coverage.toArray()).toEqual([range(0, 4 * MIB)]);
    expect(server.sent).toBe(4 * MIB);
    // Nobody waits: all of this is there.
    await readOn(resource, 0, 3 * MIB);
    await untilIdle(told, server);
    expect(told.last).toMatchObject({ state: 'idle' });
    const [{ start, end } = range(0, 0), ...others] = resource.coverage;
    expect(others).toEqual([]);
    expect(end).toBeGreaterThan(5.5 * MIB);
    expect(start).toBeLessThanOrEqual(3 * MIB - 512 * KIB);
    expect(server.sent).toBe(end);
    told.stop();
    expect(resource.status.state).toBe('active');
  });

  it.each([
    ['1 MiB', MIB, 100 * MIB],
    ['64 MiB', 64 * MIB, rounds(10 * GIB, 200 * MIB)],
  ])(
    'brings each byte once to who reads in order, through %s',
    async (_, maxBytes, length) => {
      const server = await VastServer.start(length);
      const resource = window(maxBytes);
      const told = downloading(resource, server);
      await readOn(resource, 0, length);
      await untilIdle(told, server);
      expect(server.sent).toBe(length);
      expect(resource.coveredBytes).toBeLessThanOrEqual(maxBytes);
      expect(told.last).toMatchObject({ state: 'idle' });
      expect(told.errors).toEqual([]);
      told.stop();
    },
    600_000,
  );

  it('is committed if all of it fits', async () => {
    const server = await VastServer.start(3 * MIB + 1);
    const resource = window(4 * MIB);
    expect(await lastValueFrom(download(resource, server.url))).toMatchObject({ state: 'committed' });
    expectVast(0, resource.readAll());
    expect(server.sent).toBe(server.length);
  });

  it('reads no further ahead than `readAhead` says, where that is less', async () => {
    const server = await VastServer.start(GIB);
    const resource = window(8 * MIB);
    const told = downloading(resource, server, { readAhead: MIB });
    await untilIdle(told, server);
    expect(resource.coverage.toArray()).toEqual([range(0, MIB)]);
    await readOn(resource, 0, 2 * MIB);
    await untilIdle(told, server);
    expect(server.sent).toBeGreaterThan(2 * MIB);
    expect(server.sent).toBeLessThanOrEqual(3 * MIB + PIECE);
    told.stop();
  });

  it('sends little more than what is read at each of many places', async () => {
    const server = await VastServer.start(60e9);
    Object.assign(server, { latency: 20, bytesPerSecond: 20e6 });
    const resource = window(16 * MIB);
    const told = downloading(resource, server);
    await readOn(resource, 0, PIECE);
    const seeks = rounds(500, 40);
    const before = server.sent;
    const begin = performance.now();
    let needed = 0;
    for (let seek = 0; seek < seeks; seek++) {
      const start = Math.floor(((seek * 0.618_034) % 1) * (server.length - MIB));
      const length = PIECE * (1 + (seek % 8));
      await readOn(resource, start, start + length);
      needed += length;
    }
    told.stop();
    const roundTrip = server.latency / 1000;
    const allowed = needed + seeks * (256 * KIB + server.bytesPerSecond * roundTrip);
    // Where the machine pauses, the server makes up for it: so much it sends to one request at a
    // time, and more only if the one before is not given up.
    const toOneRequest = server.bytesPerSecond * ((performance.now() - begin) / 1000);
    expect(server.sent - before).toBeLessThanOrEqual(Math.max(allowed, toOneRequest));
    expect(told.errors).toEqual([]);
  }, 300_000);
});
