import { describe, expect, it } from '@jest/globals';
import { MemDriver, Resource } from '../../../lib/index.js';
import { lenaFile, openResource } from '../../support/slow-writer.js';
import { type TestThread } from '../../support/threads.js';
import { type Decoded, ffmpegOver, ffmpegThread, sameSound } from './ffmpeg-thread.js';
import { codeOf } from '../../support/code-of.js';
import { demandsOfReader } from '../../support/demands-of.js';

const SONG = '/in/song';
const FLAC = lenaFile('flac');
const HALF = FLAC.length >> 1;

interface Stuck {
  readonly resource: Resource;
  readonly port: ReturnType<Resource['createPort']>;
  readonly thread: TestThread;
  /** A run of ffmpeg that waits for bytes which nobody writes. */
  readonly decoding: Promise<Decoded>;
}

/** @param covered - how many bytes ffmpeg gets before it is stuck */
async function stuck(covered: number, signal?: AbortSignal): Promise<Stuck> {
  const resource = Resource.open(new MemDriver(), { expectedLength: FLAC.length, signal });
  resource.writeAt(0, FLAC.subarray(0, covered));
  const port = resource.createPort({ name: 'ffmpeg' });
  const thread = ffmpegThread();
  await thread.call('open', SONG, port.handle);
  const decoding = thread.call<Decoded>('decode', SONG);
  await demandsOfReader(resource, 'ffmpeg');
  return { resource, port, thread, decoding };
}

describe('a seek, while ffmpeg is blocked in a read', () => {
  it('ends the run, and the same module decodes from the same file afterwards', async () => {
    const { resource, port, thread, decoding } = await stuck(0);
    port.interrupt(8);
    expect((await decoding).exit).not.toBe(0);
    expect(await thread.call('takeError', SONG)).toMatchObject({
      name: 'StorageError',
      code: 'INTERRUPTED',
      range: { start: 0, end: 32_768 },
    });
    expect(await thread.call('takeInterrupt', SONG)).toEqual({ token: 8 });
    resource.writeAll(FLAC);
    const again = await thread.call<Decoded>('decode', SONG, '-ss', '8');
    expect(await thread.call('takeError', SONG)).toBeUndefined();
    expect(again.exit).toBe(0);
    expect(sameSound(again, await thread.call<Decoded>('decodeComplete', FLAC, '-ss', '8'))).toBe(true);
  });

  it('can look like the end of the file to ffmpeg, and takeError tells', async () => {
    const { thread, decoding, port } = await stuck(HALF);
    port.interrupt();
    const { exit, sound } = await decoding;
    expect(exit).toBe(0);
    const complete = await thread.call<Decoded>('decodeComplete', FLAC);
    expect(sound.length).toBeLessThan(complete.sound.length);
    expect(await thread.call('takeError', SONG)).toMatchObject({ code: 'INTERRUPTED' });
    expect(await thread.call('takeError', SONG)).toBeUndefined();
  });

  it('blocks no further read until its error is taken, whatever the library tries', async () => {
    const { resource, thread, decoding, port } = await stuck(HALF);
    port.interrupt();
    await decoding;
    const calls = await thread.call<[number, number][]>('takeCalls', SONG);
    // It fails where the bytes end, and the reader is asked for nothing after that.
    expect(calls.at(-1)?.[0]).toBeLessThanOrEqual(HALF);
    expect(calls.filter(([at, length]) => at + length > HALF)).toHaveLength(1);
    expect((await thread.call<Decoded>('decode', SONG)).exit).not.toBe(0);
    expect(await thread.call('takeCalls', SONG)).toEqual([]);
    expect(await thread.call('takeError', SONG)).toMatchObject({ code: 'INTERRUPTED' });
    // And after that it waits again.
    const waiting = thread.call<Decoded>('decode', SONG);
    await demandsOfReader(resource, 'ffmpeg');
    resource.writeAll(FLAC);
    expect(sameSound(await waiting, await thread.call<Decoded>('decodeComplete', FLAC))).toBe(true);
  });
});

describe('ffmpeg blocked in a read', () => {
  it.each<[string, (stuck: Stuck, abort: AbortController) => void]>([
    ['FAILED', ({ resource }) => resource.fail('no network')],
    ['CANCELLED', (_stuck, abort) => abort.abort()],
    ['CLOSED', ({ resource }) => resource.close()],
    ['CLOSED', ({ port }) => port.close()],
  ])('ends, and takeError gives %s', async (code, act) => {
    const abort = new AbortController();
    const all = await stuck(HALF, abort.signal);
    act(all, abort);
    await all.decoding;
    expect(await all.thread.call('takeError', SONG)).toMatchObject({ code });
  });

  it('ends when nothing comes for as long as the file allows', async () => {
    const resource = openResource();
    resource.expectedLength = FLAC.length;
    const thread = await ffmpegOver(resource, SONG, { timeout: 30 });
    expect((await thread.call<Decoded>('decode', SONG)).exit).not.toBe(0);
    expect(await thread.call('takeError', SONG)).toMatchObject({ code: 'TIMEOUT' });
  });

  it('does not block for a timeout of 0, and fails only for what is not there', async () => {
    const resource = openResource();
    resource.writeAt(0, FLAC);
    const thread = await ffmpegOver(resource, SONG, { timeout: 0 });
    expect((await thread.call<Decoded>('decode', SONG)).exit).not.toBe(0);
    expect(await thread.call('takeError', SONG)).toMatchObject({ code: 'TIMEOUT' });
    resource.commit();
    expect((await thread.call<Decoded>('decode', SONG)).exit).toBe(0);
    expect(await thread.call('takeError', SONG)).toBeUndefined();
  });

  it('is not started with a timeout that cannot be meant', async () => {
    expect(await codeOf(ffmpegOver(openResource(), SONG, { timeout: -1 }))).toBe('INVALID_ARGUMENT');
  });
});

describe('a reader that was closed', () => {
  it('fails reads with CLOSED', async () => {
    const resource = openResource();
    resource.writeAll(FLAC);
    const thread = await ffmpegOver(resource);
    await thread.call('closeReader', SONG);
    expect((await thread.call<Decoded>('decode', SONG)).exit).not.toBe(0);
    expect(await thread.call('takeError', SONG)).toMatchObject({ code: 'CLOSED' });
  });
});
