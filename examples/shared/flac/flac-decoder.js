// A FLAC decoder that pulls its bytes out of a blocking reader, frame by frame.
//
// libFLAC asks for bytes through a callback that has to return them: there is no way to answer
// "later". That is what a SyncReader is for: its `read` does not return before the bytes are there.
// Only errors need care. They must not be thrown through libFLAC's own stack, so the callback keeps
// them and tells libFLAC to abort; `next` throws them when libFLAC has returned.
//
// This module awaits at its top level until libFLAC is loaded: a worker imports it by `import()`,
// in a listener (docs/workers.md).

import loadLibFlac from 'libflacjs';

/**
 * What the decoder needs of a reader. Tidemark's `SyncReader` has it.
 *
 * @typedef {object} BlockingReader
 * @property {(target: Uint8Array, options?: { at?: number, min?: number }) => number} read
 * @property {(position: number) => void} seek
 *
 * @typedef {object} Format
 * @property {number} sampleRate in Hz
 * @property {number} channels
 * @property {number} bitsPerSample
 * @property {number} totalSamples in each channel; 0 if the header does not know
 * @property {string} md5 of all samples as the header has it; all zeros if the header does not know
 * @property {number} maxFrameBytes
 *
 * @typedef {object} Frame
 * @property {number} start its first sample's number
 * @property {number} end the number of the sample after its last
 * @property {Uint8Array[]} channels samples the way libflacjs lays them out, see samples.js
 */

// 'fLaC', four bytes of block header, and the 34 of STREAMINFO, which is always the first block.
const HEADER_BYTES = 42;
const BLOCK_HEADER = 4;
const IS_LAST_BLOCK = 0x80;
const READ_FRAME = 3; // FLAC__STREAM_DECODER_READ_FRAME
const END_OF_STREAM = 4; // FLAC__STREAM_DECODER_END_OF_STREAM; greater ones are errors
const CRC_MISMATCH = 2; // FLAC__STREAM_DECODER_ERROR_STATUS_FRAME_CRC_MISMATCH
const SOME_FRAME_BYTES = 16_384; // where the header does not say how long a frame can get

// The asm.js build. The WebAssembly one of libflacjs 5.6 hands a bare file path to `fetch`, which
// Node's refuses.
const libFlac = loadLibFlac('release');
await new Promise((resolve) => libFlac.on('ready', resolve));

export class FlacDecoder {
  /** Frames left out because they were damaged. */
  damagedFrames = 0;

  #reader;
  #header;
  #id = libFlac.create_libflac_decoder(false);
  /** @type {Format | undefined} */
  #format;
  /** @type {Uint8Array<ArrayBuffer>} what to feed before the reader's bytes */
  #prefix = new Uint8Array();
  /** @type {Frame[]} decoded, and not taken yet */
  #frames = [];
  #frameIsDamaged = false;
  /** @type {{ error: unknown } | undefined} what the reader threw */
  #failure;

  /**
   * Reads the header, and waits for its bytes; throws if this is not FLAC.
   *
   * @param {BlockingReader} reader
   */
  constructor(reader) {
    this.#reader = reader;
    this.#header = readHeader(reader);
    libFlac.init_decoder_stream(
      this.#id,
      (byteCount) => this.#feed(byteCount),
      (channels, { number, blocksize }) => this.#keep(channels, number, blocksize),
      (code) => (this.#frameIsDamaged ||= code === CRC_MISMATCH),
      (streamInfo) => (this.#format ??= streamInfo && toFormat(streamInfo)),
    );
    this.#process();
  }

  /** @returns {Format} */
  get format() {
    if (this.#format === undefined) throw new Error('Not a FLAC stream: it has no STREAMINFO block.');
    return this.#format;
  }

  /**
   * The next frame; blocks until its bytes are there. Undefined at the end. Throws what the reader
   * throws: after that, `startAt` makes the decoder usable again.
   *
   * @returns {Frame | undefined}
   */
  next() {
    while (this.#frames.length === 0 && this.#process());
    return this.#frames.shift();
  }

  /**
   * Goes on at a byte: 0, or anywhere in the audio, where libFLAC itself looks for the start of the
   * next frame. It is fed the header again first, as if the stream began here: without it, it could
   * not number the samples.
   *
   * @param {number} byte
   */
  startAt(byte) {
    libFlac.FLAC__stream_decoder_reset(this.#id);
    this.#frames = [];
    this.#prefix = byte === 0 ? new Uint8Array() : this.#header;
    this.#reader.seek(byte);
  }

  /** Lets libFLAC decode one frame, or one block of metadata; false at the end of the stream. */
  #process() {
    const ok = libFlac.FLAC__stream_decoder_process_single(this.#id);
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure) throw failure.error;
    const state = libFlac.FLAC__stream_decoder_get_state(this.#id);
    if (state === END_OF_STREAM) return false;
    // Within a frame it also fails where a number makes no sense: the frame is damaged, and the
    // next call looks for another.
    if (!ok && state === READ_FRAME) this.damagedFrames++;
    else if (!ok || state > END_OF_STREAM) throw new Error(`libFLAC gave up (state ${state}).`);
    return true;
  }

  /**
   * libFLAC's read callback: takes what is there, and blocks only where nothing is.
   *
   * @param {number} byteCount
   */
  #feed(byteCount) {
    try {
      let bytes = this.#prefix.subarray(0, byteCount);
      this.#prefix = this.#prefix.subarray(bytes.length);
      if (bytes.length === 0) {
        const target = new Uint8Array(byteCount);
        bytes = target.subarray(0, this.#reader.read(target, { min: 1 }));
      }
      return { buffer: bytes, readDataLength: bytes.length, error: false }; // no bytes: the end
    } catch (error) {
      this.#failure = { error };
      return { buffer: new Uint8Array(), readDataLength: 0, error: true };
    }
  }

  /**
   * libFLAC's write callback.
   *
   * @param {Uint8Array[]} channels
   * @param {number} number
   * @param {number} blocksize
   */
  #keep(channels, number, blocksize) {
    const start = number >>> 0; // libflacjs gives the lower 32 bits, as a signed number
    // libFLAC turns a damaged frame into silence. It may also be no frame at all, but bytes that
    // look like one.
    if (this.#frameIsDamaged) this.damagedFrames++;
    else this.#frames.push({ start, end: start + blocksize, channels });
    this.#frameIsDamaged = false;
  }
}

/**
 * The header, marked as being the only block of metadata.
 *
 * @param {BlockingReader} reader
 */
function readHeader(reader) {
  const header = new Uint8Array(HEADER_BYTES);
  const length = reader.read(header, { at: 0 });
  if (length === 0) throw new Error('Not a FLAC stream: it is empty.');
  const magic = String.fromCharCode(...header.subarray(0, 4));
  if (magic !== 'fLaC') throw new Error(`Not a FLAC stream: it begins with ${JSON.stringify(magic)}, not with "fLaC".`);
  if (length < HEADER_BYTES) throw new Error(`Not a FLAC stream: it ends after ${length} bytes, within its header.`);
  header[BLOCK_HEADER] = IS_LAST_BLOCK;
  return header;
}

/**
 * @param {import('libflacjs').StreamMetadata} info
 * @returns {Format}
 */
function toFormat({ sampleRate, channels, bitsPerSample, total_samples, md5sum, max_framesize }) {
  return {
    sampleRate,
    channels,
    bitsPerSample,
    totalSamples: total_samples >>> 0, // the lower 32 bits again
    md5: md5sum,
    maxFrameBytes: max_framesize || SOME_FRAME_BYTES,
  };
}
