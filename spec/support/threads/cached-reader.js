import { openSync } from 'tidemark/sync';
// Knows how to read the caches of other threads.
import 'tidemark/browser';
import { byteOf } from '../byte-of.js';
import { serve } from './rpc.js';

/**
 * Reads at random until it has read enough, and answers how many bytes that were, how many without
 * asking the owner, and where the first wrong one was.
 *
 * @param {import('tidemark').ReaderHandle} handle
 * @param {{ length: number; longest: number; times: number }} options
 */
function readAtRandom(handle, { length, longest, times }) {
  const reader = openSync(handle);
  const target = new Uint8Array(longest);
  let alone = 0;
  for (let time = 0; time < times; time += 1) {
    const at = Math.floor(Math.random() * (length - longest));
    const part = target.subarray(0, 1 + Math.floor(Math.random() * longest));
    const isAlone = Math.random() < 0.7;
    const count = isAlone ? reader.readAt(at, part) : reader.read(part, { at });
    if (isAlone) alone += count;
    else if (count < part.length) return { alone, wrong: at + count };
    for (let index = 0; index < count; index += 1)
      if (part[index] !== byteOf(at + index)) return { alone, wrong: at + index };
  }
  reader.close();
  return { alone, wrong: undefined };
}

serve({ readAtRandom });
