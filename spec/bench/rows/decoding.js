import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import lena from 'audio-lena';
import { openSync } from 'tidemark/sync';
import { FlacDecoder } from '../../../examples/shared/flac/flac-decoder.js';
import { interleave } from '../../../examples/shared/flac/samples.js';
import { alternateSamples, median } from '../tools/alternate.js';
import { startThread } from '../tools/threads.js';

/** @import { Row } from '../tools/row.js' */
/** @import { BlockingReader } from '../../../examples/shared/flac/flac-decoder.js' */

/** In one round. */
const DECODES = 5;

/**
 * A reader over bytes that are all there: what a decoder uses without Tidemark.
 *
 * @param {Uint8Array} bytes
 * @returns {BlockingReader}
 */
function plainReader(bytes) {
  let position = 0;
  return {
    read(target, { at } = {}) {
      const from = at ?? position;
      const found = bytes.subarray(from, from + target.length);
      target.set(found);
      if (at === undefined) position += found.length;
      return found.length;
    },
    seek(to) {
      position = to;
    },
  };
}

/**
 * Decodes a whole file; answers the nanoseconds that took, without those of checking the samples
 * against the MD5 in the file.
 *
 * @param {BlockingReader} reader
 */
function decode(reader) {
  reader.seek(0);
  const begin = performance.now();
  const decoder = new FlacDecoder(reader);
  const frames = [];
  for (let frame = decoder.next(); frame !== undefined; frame = decoder.next()) frames.push(frame);
  const took = performance.now() - begin;
  const md5 = createHash('md5');
  for (const { channels } of frames) md5.update(interleave(channels, decoder.format.bitsPerSample));
  if (md5.digest('hex') !== decoder.format.md5) throw new Error('The samples are not those of the file.');
  return took * 1e6;
}

/** @type {Row[]} */
export const decodingRows = [
  {
    id: 'decode-flac',
    what: 'FLAC decode from a complete resource through SyncReader',
    against: 'from a plain buffer',
    unit: 'ns',
    budget: 1.1,
    async measure(setting) {
      const data = new Uint8Array(readFileSync(fileURLToPath(lena.url('flac'))));
      const reader = openSync((await startThread('owner', { data })).said);
      const plain = plainReader(data);
      return alternateSamples(
        setting,
        () => median(Array.from({ length: DECODES }, () => decode(reader))),
        () => median(Array.from({ length: DECODES }, () => decode(plain))),
      );
    },
  },
];
