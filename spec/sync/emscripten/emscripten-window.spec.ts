import { describe, expect, it } from '@jest/globals';
import { openResource } from '../../support/slow-writer.js';
import { ffmpegOver } from './ffmpeg-thread.js';
import { filled } from '../../support/bytes.js';
import { demandsOfReader } from '../../support/demands-of.js';
import { range } from '../../support/range.js';

const FILE = '/in/song';
const CONTENT = new Uint8Array(300_000).map((_, i) => (i * 7919) >> 5);
const WINDOW = 16_384;

describe('small reads of a file of emscriptenFile', () => {
  it.each([1, 100, 4096, 10_000])('get the content, of %i bytes each, and ask the reader seldom', async (length) => {
    const resource = openResource();
    resource.writeAll(CONTENT);
    const thread = await ffmpegOver(resource);
    await thread.call('openStream', FILE);
    expect(Buffer.compare(await thread.call<Uint8Array>('readAll', FILE, length), CONTENT)).toBe(0);
    const calls = await thread.call<unknown[]>('takeCalls', FILE);
    // Each brings a window, of which a part shorter than one read is brought again; the last two
    // are a short read, and the end.
    expect(calls.length).toBeLessThanOrEqual(Math.ceil(CONTENT.length / (WINDOW - (WINDOW % length))) + 2);
  });

  it('read the same over a file that grows piece by piece, whatever the pieces are', async () => {
    const resource = openResource();
    resource.expectedLength = CONTENT.length;
    const thread = await ffmpegOver(resource);
    await thread.call('openStream', FILE);
    const reading = thread.call<Uint8Array>('readAll', FILE, 700);
    let piece = 1;
    resource.demand$.subscribe(([first]) => {
      if (first === undefined) return;
      const { start } = first.range;
      piece = (piece * 31) % 9973;
      resource.writeAt(start, CONTENT.subarray(start, start + piece + 1));
    });
    expect(Buffer.compare(await reading, CONTENT)).toBe(0);
  });

  it('wait for their own bytes only, and take along what is there', async () => {
    const resource = openResource();
    resource.writeAt(0, CONTENT.subarray(0, 100));
    const thread = await ffmpegOver(resource);
    await thread.call('openStream', FILE);
    expect(await thread.call('read', FILE, 60)).toEqual(CONTENT.slice(0, 60));
    const waiting = thread.call('read', FILE, 60);
    expect((await demandsOfReader(resource, 'ffmpeg')).map((demand) => demand.range)).toEqual([range(100, 120)]);
    resource.writeAt(100, CONTENT.subarray(100, 1000));
    expect(await waiting).toEqual(CONTENT.slice(60, 120));
    await thread.call('takeCalls', FILE);
    expect(await thread.call('read', FILE, 880)).toEqual(CONTENT.slice(120, 1000));
    expect(await thread.call('takeCalls', FILE)).toEqual([]);
  });

  it('go past the window where they are large, and are one call each', async () => {
    const resource = openResource();
    resource.writeAll(CONTENT);
    const thread = await ffmpegOver(resource);
    await thread.call('openStream', FILE);
    await thread.call('read', FILE, 32_768);
    await thread.call('read', FILE, 10);
    await thread.call('read', FILE, WINDOW);
    expect(await thread.call('takeCalls', FILE)).toEqual([
      [0, 32_768],
      [32_768, WINDOW],
      [32_778, WINDOW],
    ]);
  });

  it('get the bytes that have replaced those in the window', async () => {
    const resource = openResource();
    resource.writeAll(filled(1000, 1));
    const thread = await ffmpegOver(resource);
    await thread.call('openStream', FILE);
    expect(await thread.call('read', FILE, 10)).toEqual(filled(10, 1));
    resource.reactivate();
    resource.writeAll(filled(1000, 2));
    expect(await thread.call('read', FILE, 10)).toEqual(filled(10, 2));
    resource.reactivate();
    resource.writeAt(0, filled(1000, 3));
    expect(await thread.call('read', FILE, 10)).toEqual(filled(10, 3));
  });

  it('get nothing of the window that lies behind an end that has moved', async () => {
    const resource = openResource();
    resource.writeAt(0, filled(1000));
    const thread = await ffmpegOver(resource);
    await thread.call('openStream', FILE);
    expect(await thread.call('read', FILE, 10)).toEqual(filled(10));
    resource.expectedLength = 25;
    expect(await thread.call('read', FILE, 10)).toEqual(filled(10));
    expect(await thread.call('read', FILE, 10)).toEqual(filled(5));
    expect(await thread.call('read', FILE, 10)).toEqual(filled(0));
    resource.expectedLength = 40;
    expect(await thread.call('read', FILE, 10)).toEqual(filled(10));
    resource.commit(38);
    expect(await thread.call('read', FILE, 10)).toEqual(filled(3));
  });

  it('that fail leave nothing behind, neither of them nor of those before', async () => {
    const resource = openResource();
    resource.writeAt(0, filled(100, 1));
    const thread = await ffmpegOver(resource, FILE, { timeout: 0 });
    await thread.call('openStream', FILE);
    expect(await thread.call('read', FILE, 10, 0)).toEqual(filled(10, 1));
    resource.writeAt(0, filled(100, 2));
    resource.expectedLength = 1000;
    expect(await thread.call('read', FILE, 10, 200)).toEqual({ errno: 29 });
    expect(await thread.call('read', FILE, 10, 0)).toEqual({ errno: 29 });
    expect(await thread.call('takeError', FILE)).toMatchObject({ code: 'TIMEOUT', range: range(200, 210) });
    expect(await thread.call('read', FILE, 10, 0)).toEqual(filled(10, 2));
    resource.writeAt(200, filled(10, 3));
    expect(await thread.call('read', FILE, 10, 200)).toEqual(filled(10, 3));
  });
});
