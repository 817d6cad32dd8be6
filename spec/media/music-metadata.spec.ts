import { describe, expect, it } from '@jest/globals';
import { parseBuffer, parseWebStream } from 'music-metadata';
import { filter, firstValueFrom } from 'rxjs';

import { readTags } from '../../examples/music-metadata/read-tags.js';
import { type ResourceView, toReadableStream } from '../../lib/index.js';
import { fillSlowly, lenaFile, openResource } from './slow-writer.js';

describe.each(['mp3', 'flac', 'wav', 'webm', 'm4a', 'ogg', 'opus', 'aiff'])(
  'music-metadata, while lena.%s arrives',
  (format) => {
    const file = lenaFile(format);

    it('reads the same by byteSource as from the complete file', async () => {
      expect(await readTags(fillSlowly(file))).toEqual(await parseBuffer(file));
    });

    it('reads the same by toReadableStream as from the complete file', async () => {
      const stream = toReadableStream(fillSlowly(file));
      const { format: read, common, native } = await parseWebStream(stream, { size: file.length });
      const expected = await parseBuffer(file);
      expect({ common, native }).toEqual({ common: expected.common, native: expected.native });
      expect([read.container, read.codec, read.sampleRate]).toEqual([
        expected.format.container,
        expected.format.codec,
        expected.format.sampleRate,
      ]);
    });
  },
);

describe('music-metadata', () => {
  it.each(['mp3', 'flac', 'wav', 'webm', 'm4a', 'aiff'])(
    'asks byteSource for a tenth of lena.%s at most',
    async (format) => {
      const file = lenaFile(format);
      const resource = fillSlowly(file, { besides: false });
      const { format: read } = await readTags(resource);
      expect(read.duration).toBeGreaterThan(12);
      expect(resource.coveredBytes).toBeLessThan(file.length / 10);
    },
  );

  it('finds the title', async () => {
    for (const format of ['mp3', 'flac', 'wav', 'webm', 'ogg']) {
      const { common } = await readTags(fillSlowly(lenaFile(format)));
      expect(common.title?.trim()).toBe('Oh lad le');
    }
  });

  it('gets the error of a resource that fails', async () => {
    for (const read of [readTags, (view: ResourceView) => parseWebStream(toReadableStream(view))]) {
      const resource = openResource();
      const tags = read(resource).catch((error: unknown) => error);
      await firstValueFrom(resource.demand$.pipe(filter((demands) => demands.length > 0)));
      resource.fail('no network');
      expect(await tags).toMatchObject({ code: 'FAILED' });
    }
  });
});
