import { firstValueFrom } from 'rxjs';
import { attachReader, registerAttachment } from 'tidemark';
import { openSync } from 'tidemark/sync';
import { attachEvicting, EVICTING_KIND } from '../evicting-driver.js';
import { BLOCK, blocksByChance, rangeOf, wrong } from './evicted-blocks.js';
import { serve } from './rpc.js';

registerAttachment(EVICTING_KIND, attachEvicting);

/** @type {any} */
let reader;

serve({
  openSync(handle) {
    reader = openSync(handle);
  },
  attach(handle) {
    reader = attachReader(handle);
  },
  /** Reads blocks by chance with `readAt`, which may come short where one was evicted. */
  readAt(reads, seed) {
    const next = blocksByChance(seed);
    const target = new Uint8Array(BLOCK);
    let whole = 0;
    for (let read = 0; read < reads; read++) {
      const block = next();
      const length = reader.readAt(rangeOf(block).start, target);
      if (length === 0) continue;
      const found = length === BLOCK ? wrong(block, target) : { block, length };
      if (found !== undefined) return { wrong: found };
      whole++;
    }
    return { whole };
  },
  /** Reads blocks by chance, and waits for those that are missing. */
  read(reads, seed) {
    const next = blocksByChance(seed);
    const target = new Uint8Array(BLOCK);
    for (let read = 0; read < reads; read++) {
      const block = next();
      const length = reader.read(target, { at: rangeOf(block).start });
      const found = length === BLOCK ? wrong(block, target) : { block, length };
      if (found !== undefined) return { wrong: found };
    }
    return { whole: reads };
  },
  /** All of `length` bytes in order, in pieces. */
  readAll(length, piece) {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; at += piece) reader.read(bytes.subarray(at, at + piece), { at });
    return bytes;
  },
  /** The same with the observable. */
  async readAsync(reads, seed) {
    const next = blocksByChance(seed);
    for (let read = 0; read < reads; read++) {
      const block = next();
      const bytes = await firstValueFrom(reader.read(rangeOf(block)));
      const found = bytes.length === BLOCK ? wrong(block, bytes) : { block, length: bytes.length };
      if (found !== undefined) return { wrong: found };
    }
    return { whole: reads };
  },
});
