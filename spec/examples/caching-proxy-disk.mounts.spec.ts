import { closeSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { mountMemory } from '../run/mounts.js';
import { answer, expectServes, expectSound, folder, origin, restart } from './proxied-song.js';

/** Until nothing more fits on the disk of a file. */
function fill(path: string): void {
  const descriptor = openSync(path, 'w');
  const page = Buffer.alloc(4096);
  try {
    for (;;) writeSync(descriptor, page);
  } catch (error) {
    expect(error).toMatchObject({ code: 'ENOSPC' });
  } finally {
    closeSync(descriptor);
  }
}

describe('the caching proxy, when its disk is full', () => {
  let ballast: string;

  beforeEach(async () => {
    mountMemory(folder, '4m');
    await restart('SIGINT');
    ballast = join(folder, 'ballast');
  });

  it('cuts off whoever it has begun to answer, and goes on as soon as there is room', async () => {
    writeFileSync(ballast, Buffer.alloc(2_500_000));
    origin.bytesPerSecond = 4_000_000;
    expect(await answer('song.flac')).toEqual({ status: 200, text: 'cut' });
    rmSync(ballast);
    origin.exchanges = [];
    origin.bytesPerSecond = Infinity;
    await expectServes('song.flac');
    await expectSound();
  });

  it('stops on Ctrl-C though it cannot keep what came', async () => {
    origin.bytesPerSecond = 500_000;
    const cut = answer('song.flac');
    while (origin.sent < 200_000) await delay(5);
    fill(ballast);
    await expectSound();
    expect(await cut).toEqual({ status: 200, text: 'cut' });
  });

  it('answers 507, and does not tell where its files are', async () => {
    fill(ballast);
    // A server that tells no length: nobody is answered before the first byte is stored.
    origin.manners = { headers: { 'content-length': undefined }, ignoresRange: true };
    expect(await answer('song.flac')).toEqual({
      status: 507,
      text: '/song.flac: the disk of the proxy is full\n',
    });
    await expectSound();
  });
});
