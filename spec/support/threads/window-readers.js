import { firstValueFrom } from 'rxjs';
import { attachReader } from 'tidemark';
import { openSync } from 'tidemark/sync';
import { serve } from './rpc.js';

/** @import { ByteRange, ReaderHandle } from 'tidemark' */

/**
 * Throws unless the bytes are those that the test writes: in each block its number.
 *
 * @param {Uint8Array} bytes
 * @param {ByteRange} range
 * @param {number} block - its length in bytes
 */
function check(bytes, { start, end }, block) {
  if (bytes.length !== end - start) throw new Error(`${bytes.length} bytes of [${start}, ${end})`);
  const wrong = bytes.findIndex((byte, index) => byte !== Math.floor((start + index) / block) % 256);
  if (wrong >= 0) throw new Error(`${bytes[wrong]} at ${start + wrong}`);
}

serve({
  /**
   * Reads with an asynchronous reader for each handle, all at a time, each its ranges in turn.
   *
   * @param {readonly (readonly [ReaderHandle, readonly ByteRange[]])[]} readers
   * @param {number} block
   */
  async readAsync(readers, block) {
    await Promise.all(
      readers.map(async ([handle, ranges]) => {
        const reader = attachReader(handle);
        for (const range of ranges) check(await firstValueFrom(reader.read(range)), range, block);
        reader.close();
      }),
    );
  },
  /**
   * Reads ranges in turn, blocked.
   *
   * @param {ReaderHandle} handle
   * @param {readonly ByteRange[]} ranges
   * @param {number} block
   */
  readSync(handle, ranges, block) {
    const reader = openSync(handle);
    for (const range of ranges) {
      const bytes = new Uint8Array(range.end - range.start);
      check(bytes.subarray(0, reader.read(bytes, { at: range.start })), range, block);
    }
    reader.close();
  },
  /**
   * The same by `waitRange` and `readAt`; where bytes went in between it waits again. Returns how
   * often that was.
   *
   * @param {ReaderHandle} handle
   * @param {readonly ByteRange[]} ranges
   * @param {number} block
   */
  waitAndReadAt(handle, ranges, block) {
    const reader = openSync(handle);
    let again = 0;
    for (const range of ranges) {
      const bytes = new Uint8Array(range.end - range.start);
      for (; ; again += 1) {
        reader.waitRange(range);
        if (reader.readAt(range.start, bytes) === bytes.length) break;
      }
      check(bytes, range, block);
    }
    reader.close();
    return again;
  },
});
