// Samples as bytes: interleaved, signed, little-endian, each in as few whole bytes as its bits
// need.

export interface PcmFormat {
  /** In Hz. */
  readonly sampleRate: number;
  readonly channels: number;
  readonly bitsPerSample: number;
}

/** How many bytes the samples of all channels at one moment take. */
export function frameBytes({ channels, bitsPerSample }: PcmFormat): number {
  return (channels * bitsPerSample) / 8;
}

/** The samples of each channel, −1 to 1. */
export function toChannels(bytes: Uint8Array, format: PcmFormat): Float32Array<ArrayBuffer>[] {
  const { channels, bitsPerSample } = format;
  const width = bitsPerSample / 8;
  const length = Math.floor(bytes.length / frameBytes(format));
  const full = 2 ** (bitsPerSample - 1);
  return Array.from({ length: channels }, (_, channel) => {
    const samples = new Float32Array(length);
    for (let at = channel * width, sample = 0; sample < length; at += channels * width, sample += 1) {
      samples[sample] = signed(bytes, at, width) / full;
    }
    return samples;
  });
}

function signed(bytes: Uint8Array, at: number, width: number): number {
  let value = 0;
  for (let byte = 0; byte < width; byte += 1) value |= (bytes[at + byte] ?? 0) << (8 * byte);
  const shift = 32 - 8 * width;
  return (value << shift) >> shift;
}
