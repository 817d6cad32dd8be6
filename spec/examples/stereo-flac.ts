import { createHash } from 'node:crypto';
import loadLibFlac from 'libflacjs';

/** Where the MD5 of the samples is in a FLAC file, in bytes; half-open. */
export const STREAMINFO_MD5 = { start: 26, end: 42 };

/** A second of noise and silence, encoded by libFLAC. */
export async function encodeStereo(bits: number): Promise<Buffer> {
  const libFlac = loadLibFlac('release');
  await new Promise((resolve) => libFlac.on('ready', resolve));
  const frames = 48_000;
  const loudest = 2 ** (bits - 1) - 1;
  const samples = Int32Array.from({ length: 2 * frames }, (_, i) =>
    i % 977 < 300 ? 0 : Math.round(Math.sin(i / 50) * loudest * ((i % 5000) / 5000)),
  );
  const encoder = libFlac.create_libflac_encoder(48_000, 2, bits, 5, frames, false, 0);
  const parts: Uint8Array[] = [];
  libFlac.init_encoder_stream(encoder, (data) => void parts.push(Uint8Array.from(data)));
  libFlac.FLAC__stream_encoder_process_interleaved(encoder, samples, frames);
  libFlac.FLAC__stream_encoder_finish(encoder);
  libFlac.FLAC__stream_encoder_delete(encoder);
  // A stream cannot be rewound to put the MD5 in, so it is done here, by the rule.
  const width = bits / 8;
  const pcm = Buffer.alloc(samples.length * width);
  samples.forEach((sample, i) => pcm.writeIntLE(sample, i * width, width));
  const flac = Buffer.concat(parts);
  createHash('md5').update(pcm).digest().copy(flac, STREAMINFO_MD5.start);
  return flac;
}
