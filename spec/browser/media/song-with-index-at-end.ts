import { readFileSync } from 'node:fs';
import { ALL_FORMATS, BufferSource, BufferTarget, Conversion, Input, Mp4OutputFormat, Output } from 'mediabunny';

/** A song in an MP4 whose index (`moov`) comes after its samples, as encoders write it. */
export async function songWithIndexAtEnd(): Promise<Buffer> {
  const source = new BufferSource(readFileSync('node_modules/audio-lena/lena.flac'));
  const target = new BufferTarget();
  const output = new Output({ format: new Mp4OutputFormat({ fastStart: false }), target });
  const conversion = await Conversion.init({ input: new Input({ formats: ALL_FORMATS, source }), output });
  await conversion.execute();
  const song = Buffer.from(target.buffer ?? new ArrayBuffer(0));
  if (song.indexOf('moov') < song.length / 2) throw new Error('The index is not at the end.');
  return song;
}
