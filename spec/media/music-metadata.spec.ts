import { describe, expect, it } from '@jest/globals';
import { parseBuffer, parseWebStream } from 'music-metadata';

import { readTags } from '../../examples/music-metadata/read-tags.js';
import { type ResourceView, toReadableStream } from '../../lib/index.js';
import { fillSlowly, lenaFile, openResource } from '../support/slow-writer.js';
import { demandsOf, untilDemanded } from '../support/demands-of.js';

describe.each(['mp3', 'flac', 'wav', 'webm', 'm4a', 'ogg', 'opus', 'aiff'])(
  'music-metadata, while lena.%s arrives',
  (format) => {
    const file = lenaFile(format);

    it('reads the same by byteSource as from the complete file', async () => {
      expect(await readTags(fillSlowly(file))).toEqual(await parseBuffer(file));
    });

    it('reads the same by toReadableStream as from the complete file, and then cancels the stream', async () => {
      const resource = fillSlowly(file);
      expect(await parseWebStream(toReadableStream(resource), { size: file.length })).toEqual(await parseBuffer(file));
      expect(demandsOf(resource)).toEqual([]);
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

  it.each(['mp3', 'flac'])(
    'asks toReadableStream for a tenth of lena.%s at most, not told the size',
    async (format) => {
      const file = lenaFile(format);
      const resource = fillSlowly(file, { besides: false });
      const { common } = await parseWebStream(toReadableStream(resource));
      expect(common).toEqual((await parseBuffer(file)).common);
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
      await untilDemanded(resource);
      resource.fail('no network');
      expect(await tags).toMatchObject({ code: 'FAILED' });
    }
  });
});
