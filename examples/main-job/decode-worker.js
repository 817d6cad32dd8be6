// The decoder's thread. It may block for as long as it likes: nothing else lives here.

import { createHash } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { isStorageError } from 'tidemark';
import 'tidemark/node'; // to read what the main thread stores into a file
import { openSync } from 'tidemark/sync';
import { FlacDecoder } from '../shared/flac/flac-decoder.js';
import { findSample } from '../shared/flac/find-sample.js';
import { interleave } from '../shared/flac/samples.js';

/**
 * What the thread tells, in this order; from `interrupted` to `rewound` only if it was started to show a seek.
 *
 * @typedef {{ type: 'format', format: import('../shared/flac/flac-decoder.js').Format }
 *   | { type: 'decoded', from: number, to: number }
 *   | { type: 'interrupted', target: number }
 *   | { type: 'found', target: number, from: number }
 *   | { type: 'rewound' }
 *   | { type: 'done', samples: number, md5: string, damagedFrames: number }
 *   | { type: 'failed', message: string }} DecoderMessage
 */

const SEEK_COMES_WITHIN = 60_000; // ms; the main thread always asks, this only bounds a bug in it

/** @type {{ handle: import('tidemark').ReaderHandle, awaitSeek: boolean }} */
const { handle, awaitSeek } = workerData;
const reader = openSync(handle);
try {
  const decoder = new FlacDecoder(reader);
  tell({ type: 'format', format: decoder.format });
  if (awaitSeek) playWithSeek(decoder);
  checkAll(decoder);
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
} finally {
  reader.close();
}

/**
 * Decodes everything in order, and takes the MD5 of it.
 *
 * @param {FlacDecoder} decoder
 */
function checkAll(decoder) {
  const md5 = createHash('md5');
  let samples = 0;
  const damagedBefore = decoder.damagedFrames;
  for (let frame = decoder.next(); frame; frame = decoder.next()) {
    md5.update(interleave(frame.channels, decoder.format.bitsPerSample));
    samples += frame.end - frame.start;
    tell({ type: 'decoded', from: frame.start, to: frame.end });
  }
  const damagedFrames = decoder.damagedFrames - damagedBefore;
  tell({ type: 'done', samples, md5: md5.digest('hex'), damagedFrames });
}

/**
 * Decodes until it is asked for another place, goes on there to the end, and returns to the start.
 *
 * @param {FlacDecoder} decoder
 */
function playWithSeek(decoder) {
  const target = decodeUntilInterrupted(decoder);
  tell({ type: 'interrupted', target });
  let frame = findSample(decoder, target, reader.expectedLength);
  if (frame) tell({ type: 'found', target, from: frame.start });
  for (; frame; frame = decoder.next()) tell({ type: 'decoded', from: frame.start, to: frame.end });
  decoder.startAt(0);
  tell({ type: 'rewound' });
}

/**
 * The interrupt's token is the sample to go to: this thread, when it blocks, cannot receive a message.
 *
 * @param {FlacDecoder} decoder
 */
function decodeUntilInterrupted(decoder) {
  let interrupt;
  try {
    while (!interrupt) {
      const frame = decoder.next();
      if (frame) tell({ type: 'decoded', from: frame.start, to: frame.end });
      // It may come while no read is blocked, or even when all is decoded.
      interrupt = reader.takeInterrupt({ timeout: frame ? 0 : SEEK_COMES_WITHIN });
      if (!frame) break;
    }
  } catch (error) {
    if (!isStorageError(error, 'INTERRUPTED')) throw error;
    interrupt = reader.takeInterrupt();
  }
  if (interrupt?.token === undefined) throw new Error('No seek came.');
  return interrupt.token;
}

/** @param {DecoderMessage} message */
function tell(message) {
  parentPort?.postMessage(message);
}
