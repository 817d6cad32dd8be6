import { describe, expect, it } from '@jest/globals';
import { type BlockingReader, FlacDecoder, type Frame } from '../../examples/shared/flac/flac-decoder.js';
import { encodeStereo } from './stereo-flac.js';

/** Of a file that is there. */
function readerOf(content: Uint8Array): BlockingReader {
  let position = 0;
  return {
    seek: (to) => (position = to),
    read(target, { at } = {}) {
      const bytes = content.subarray(at ?? position).subarray(0, target.length);
      target.set(bytes);
      if (at === undefined) position += bytes.length;
      return bytes.length;
    },
  };
}

/** All frames, by their first sample. */
function framesOf(content: Uint8Array): Map<number, Frame> {
  const decoder = new FlacDecoder(readerOf(content));
  const frames = new Map<number, Frame>();
  for (let frame; (frame = decoder.next());) frames.set(frame.start, frame);
  return frames;
}

describe('the FLAC decoder of the examples', () => {
  it('leaves out a damaged frame, whatever is damaged in it, and gives the others as they were', async () => {
    const song = await encodeStereo(16);
    const good = framesOf(song);
    expect(good.size).toBe(12);
    for (let at = Math.floor(song.length * 0.3); at < song.length * 0.6; at += 101) {
      const damaged = Buffer.from(song);
      damaged.writeUInt8(damaged.readUInt8(at) ^ 0x5a, at);
      const frames = framesOf(damaged);
      // What follows it may be lost with it.
      expect(frames.size).toBeGreaterThanOrEqual(good.size - 2);
      for (const [start, { end, channels }] of frames) {
        const expected = good.get(start);
        expect(end).toBe(expected?.end);
        expect(channels.every((bytes, i) => Buffer.compare(bytes, expected?.channels[i] ?? Buffer.of()) === 0)).toBe(
          true,
        );
      }
    }
  });
});
