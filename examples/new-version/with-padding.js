// Another version of a FLAC file with the same sound: most of its bytes are in other places.

const STREAMINFO_END = 42; // 'fLaC', the header of the first block, and its 34 bytes
const PADDING = 1; // the type of a block, in its first byte

/**
 * @param {Buffer} flac with more blocks of metadata than one
 * @param {number} length of the padding, in bytes
 */
export function withPadding(flac, length) {
  const padding = Buffer.alloc(4 + length);
  padding.writeUInt32BE(PADDING * 2 ** 24 + length);
  return Buffer.concat([flac.subarray(0, STREAMINFO_END), padding, flac.subarray(STREAMINFO_END)]);
}
