import { describe, expect, it } from '@jest/globals';
import { download } from '../../../lib/http.js';
import { TestServer } from '../../http/test-server.js';
import { fillSlowly, lenaFile, openResource } from '../../support/slow-writer.js';
import { type Decoded, ffmpegOver, sameSound } from './ffmpeg-thread.js';
import { scarce } from '../../support/scarce.js';
import { recordDemands } from '../../support/demands-of.js';

const SONG = '/in/song';
/** Two bytes a sample, 44,100 samples a second, one channel at least. */
const TWELVE_SECONDS = 12 * 44_100 * 2;
const FOUR_SECONDS = 4 * 44_100 * 2;

describe.each(['flac', 'mp3', 'm4a', 'wav', 'webm'])('ffmpeg, while lena.%s arrives', (format) => {
  const file = lenaFile(format);

  it('decodes the same sound as from the complete file, from the start and from 8 seconds on', async () => {
    for (const seek of [[], ['-ss', '8']]) {
      const resource = fillSlowly(file);
      const thread = await ffmpegOver(resource);
      const arriving = await thread.call<Decoded>('decode', SONG, ...seek);
      expect(await thread.call('takeError', SONG)).toBeUndefined();
      const complete = await thread.call<Decoded>('decodeComplete', file, ...seek);
      expect(arriving.exit).toBe(0);
      expect(arriving.sound.length).toBeGreaterThan(seek.length === 0 ? TWELVE_SECONDS : FOUR_SECONDS);
      expect(sameSound(arriving, complete)).toBe(true);
    }
  });

  it('decodes the same while nobody knows the length', async () => {
    const resource = fillSlowly(file, { besides: false, tellLength: false });
    const demands = recordDemands(resource);
    const thread = await ffmpegOver(resource);
    const arriving = await thread.call<Decoded>('decode', SONG);
    expect(await thread.call('takeError', SONG)).toBeUndefined();
    expect(sameSound(arriving, await thread.call<Decoded>('decodeComplete', file))).toBe(true);
    // To find the end it asks for nothing that does not exist.
    expect(demands.length).toBeGreaterThan(0);
    expect(demands.filter(({ start }) => start >= file.length)).toEqual([]);
  });
});

describe('ffmpeg over an arriving file', () => {
  // These have an index, or packets of one size. Of the others it reads what comes before.
  it.each([
    ['m4a', { start: 40_960, end: 131_072 }],
    ['wav', { start: 237_568, end: 688_128 }],
    ['webm', { start: 40_960, end: 65_536 }],
  ])('does not need what lies between, to decode lena.%s from 8 seconds on', async (format, between) => {
    const file = lenaFile(format);
    const resource = fillSlowly(file, { besides: false });
    const thread = await ffmpegOver(resource);
    const arriving = await thread.call<Decoded>('decode', SONG, '-ss', '8');
    expect(resource.coverage.coveredBytesIn(between)).toBe(0);
    expect(sameSound(arriving, await thread.call<Decoded>('decodeComplete', file, '-ss', '8'))).toBe(true);
    expect(resource.status.state).toBe('active');
  });

  it('asks for the index at the end of lena.m4a before the sound in its middle', async () => {
    const file = lenaFile('m4a');
    const index = file.indexOf('moov') - 4;
    expect(index).toBeGreaterThan(file.length / 2);
    const resource = fillSlowly(file, { besides: false });
    const demands = recordDemands(resource);
    const thread = await ffmpegOver(resource);
    await thread.call('decode', SONG);
    const starts = demands.map(({ start }) => start);
    expect(starts[0]).toBe(0);
    const first = starts.findIndex((start) => start >= 40_960);
    expect(starts[first]).toBe(index);
  });

  it('reads what a download brings of which no server says how long it is', async () => {
    const file = lenaFile('m4a');
    const server = await TestServer.start(file);
    server.bytesPerSecond = 2_000_000;
    server.handle = (exchange) => {
      const headers = { 'content-length': undefined, 'transfer-encoding': 'chunked' };
      return server.serve(exchange, { ignoresRange: true, headers });
    };
    const resource = openResource();
    const thread = await ffmpegOver(resource);
    const decoding = thread.call<Decoded>('decode', SONG);
    const downloading = download(resource, server.url).subscribe();
    expect(sameSound(await decoding, await thread.call<Decoded>('decodeComplete', file))).toBe(true);
    expect(resource.status).toEqual({ state: 'committed', finalLength: file.length });
    downloading.unsubscribe();
  });

  it('reads a file of more than 4 GiB, and both of its ends', async () => {
    const file = lenaFile('m4a');
    const thread = await ffmpegOver(openResource());
    const length = await thread.call<number>('openHuge', '/in/huge', file);
    expect(length).toBeGreaterThan(5 * 2 ** 30);
    expect(await thread.call('size', '/in/huge')).toBe(length);
    const complete = await thread.call<Decoded>('decodeComplete', file);
    expect(complete.sound.length).toBeGreaterThan(TWELVE_SECONDS);
    expect(sameSound(await thread.call<Decoded>('decode', '/in/huge'), complete)).toBe(true);
    await thread.call('openStream', '/in/huge');
    // The index again, by small reads.
    expect(await thread.call('seek', '/in/huge', -(file.length - file.indexOf('moov')), 2)).toBeGreaterThan(2 ** 32);
    expect(await thread.call('read', '/in/huge', 4)).toEqual(new Uint8Array(Buffer.from('moov')));
  });
});

describe('ffmpeg, where bytes go again behind what was read', () => {
  it.each([700, 20_000])('reads all of the file, %i bytes at a time', async (length) => {
    const file = lenaFile('mp3').subarray(0, 50_000);
    const { resource, evicted } = scarce(file);
    const thread = await ffmpegOver(resource);
    await thread.call('openStream', SONG);
    expect(Buffer.compare(await thread.call<Uint8Array>('readAll', SONG, length), file)).toBe(0);
    expect(evicted()).toBeGreaterThan(file.length / 2);
    resource.close();
  });
});
