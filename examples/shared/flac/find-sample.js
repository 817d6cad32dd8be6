// Finding a sample in a FLAC stream, of which most bytes are still missing.
//
// Frames have no fixed length and the stream need not carry a table of them, so this guesses: it
// assumes that samples are spread evenly over bytes, decodes the one frame that it finds there,
// sees which samples those are, and guesses better. Every guess blocks until its bytes have come.
// Nobody tells the downloader about any of this: it sees what the decoder waits for in demand$, and
// fetches that first.

/**
 * Makes the decoder's next frame the one that holds a sample.
 *
 * @param {import('./flac-decoder.js').FlacDecoder} decoder
 * @param {number} sample
 * @param {number | undefined} byteLength of the whole stream, if known
 * @returns {import('./flac-decoder.js').Frame | undefined} that frame; undefined if the stream ends
 * before it
 */
export function findSample(decoder, sample, byteLength) {
  const { sampleRate, totalSamples, maxFrameBytes } = decoder.format;
  if (totalSamples > 0 && sample >= totalSamples) return undefined;
  // Starting at byte `low.byte` the first frame is at or before the sample, at `high.byte` it is
  // after it.
  let low = { byte: 0, sample: 0 };
  let high = { byte: byteLength ?? 0, sample: totalSamples || Infinity };
  for (;;) {
    const share = high.sample === Infinity ? 1 / 2 : (sample - low.sample) / (high.sample - low.sample);
    const guess = Math.floor(low.byte + share * (high.byte - low.byte)) - maxFrameBytes;
    const byte = Math.max(low.byte, guess);
    decoder.startAt(byte);
    const frame = decoder.next();
    // Near enough to decode the rest of the way, or as near as it gets.
    const near = frame && frame.start <= sample && sample - frame.start < sampleRate;
    if (near || byte === low.byte) return decodeUntil(decoder, sample, frame);
    if (frame && frame.start <= sample) low = { byte, sample: frame.start };
    else high = { byte, sample: frame ? frame.start : high.sample };
  }
}

/**
 * @param {import('./flac-decoder.js').FlacDecoder} decoder
 * @param {number} sample
 * @param {import('./flac-decoder.js').Frame | undefined} frame where to begin
 */
function decodeUntil(decoder, sample, frame) {
  let next = frame;
  while (next && next.end <= sample) next = decoder.next();
  return next;
}
