// Decoded samples, the way the MD5 in a FLAC header counts them: interleaved, signed,
// little-endian, each in as few whole bytes as its bits need.

/**
 * How many bytes libflacjs puts between two samples of a channel, by bits per sample; others come
 * out garbled.
 */
const STRIDES = new Map([
  [8, 2],
  [16, 2],
  [24, 4],
]);

/**
 * @param {Uint8Array[]} channels as they come from libflacjs: little-endian, sign-extended to the
 * stride above
 * @param {number} bitsPerSample
 */
export function interleave(channels, bitsPerSample) {
  const stride = strideOf(bitsPerSample);
  const width = bitsPerSample / 8;
  const samples = channels[0] ? channels[0].length / stride : 0;
  const bytes = new Uint8Array(samples * channels.length * width);
  let at = 0;
  for (let sample = 0; sample < samples; sample++) {
    for (const channel of channels) {
      for (let byte = 0; byte < width; byte++) bytes[at++] = /** @type {number} */ (channel[sample * stride + byte]);
    }
  }
  return bytes;
}

/**
 * How many bytes there are between two samples of a channel; throws where libflacjs cannot give
 * them out.
 *
 * @param {number} bitsPerSample
 */
export function strideOf(bitsPerSample) {
  const stride = STRIDES.get(bitsPerSample);
  if (stride === undefined)
    throw new Error(`libflacjs cannot give out ${bitsPerSample}-bit samples; 8, 16 and 24 work.`);
  return stride;
}
