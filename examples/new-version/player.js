// The player's thread: decodes a song in order, and pauses once until it is interrupted.

import { createHash } from 'node:crypto';
import { parentPort } from 'node:worker_threads';
import 'tidemark/node'; // to read what the main thread stores into a file
import { openSync } from 'tidemark/sync';
import { interleave } from '../shared/flac/samples.js';

parentPort?.once('message', (task) => void play(task));

/**
 * @param {object} task
 * @param {import('tidemark').ReaderHandle} task.handle
 * @param {number} task.pauseAt in seconds
 */
async function play({ handle, pauseAt }) {
  const reader = openSync(handle);
  const { FlacDecoder } = await import('../shared/flac/flac-decoder.js');
  const decoder = new FlacDecoder(reader);
  const { sampleRate, bitsPerSample, md5 } = decoder.format;
  const hash = createHash('md5');
  let pause = pauseAt * sampleRate;
  let samples = 0;
  for (let frame = decoder.next(); frame; frame = decoder.next()) {
    hash.update(interleave(frame.channels, bitsPerSample));
    samples = frame.end;
    if (samples < pause) continue;
    pause = Infinity;
    parentPort?.postMessage({ second: Math.floor(samples / sampleRate) });
    reader.takeInterrupt({ timeout: 60_000 });
  }
  reader.close();
  parentPort?.postMessage({ seconds: Math.round(samples / sampleRate), isWhole: hash.digest('hex') === md5 });
}
