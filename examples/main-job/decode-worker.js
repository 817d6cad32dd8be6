// The decoder's thread. It may block for as long as it likes: nothing else lives here.
//
// It begins with a message, and only then imports the decoder, which has a top-level await: a
// thread that is terminated in the body of a module above such an await ends the whole process, on
// Node 22 and newer (docs/workers.md).

import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import { isStorageError } from 'tidemark';
import 'tidemark/node'; // to read what the main thread stores into a file
import { openSync } from 'tidemark/sync';
import { findSample } from '../shared/flac/find-sample.js';
import { interleave } from '../shared/flac/samples.js';

/** @typedef {import('../shared/flac/flac-decoder.js').FlacDecoder} FlacDecoder */

/**
 * What the thread tells, in this order; from `interrupted` to `rewound` only if it was started to
 * show a seek.
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

parentPort?.once('message', (task) => void decode(task));

/** @param {{ handle: import('tidemark').ReaderHandle, awaitSeek: boolean }} task */
async function decode({ handle, awaitSeek }) {
  const reader = openSync(handle);
  try {
    const { FlacDecoder } = await import('../shared/flac/flac-decoder.js');
    const decoder = new FlacDecoder(reader);
    tell({ type: 'format', format: decoder.format });
    if (awaitSeek) playWithSeek(decoder, reader);
    checkAll(decoder);
  } catch (error) {
    tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  } finally {
    reader.close();
  }
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
 * @param {import('tidemark/sync').SyncReader} reader
 */
function playWithSeek(decoder, reader) {
  const target = decodeUntilInterrupted(decoder, reader);
  tell({ type: 'interrupted', target });
  let frame = findSample(decoder, target, reader.expectedLength);
  if (frame) tell({ type: 'found', target, from: frame.start });
  for (; frame; frame = decoder.next()) tell({ type: 'decoded', from: frame.start, to: frame.end });
  decoder.startAt(0);
  tell({ type: 'rewound' });
}

/**
 * The interrupt's token is the sample to go to: this thread, when it blocks, cannot receive a
 * message.
 *
 * @param {FlacDecoder} decoder
 * @param {import('tidemark/sync').SyncReader} reader
 */
function decodeUntilInterrupted(decoder, reader) {
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
