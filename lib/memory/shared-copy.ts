/**
 * Copies between shared memory and other arrays.
 *
 * V8 copies shared memory word by word if source and target have the same offset within a word.
 * Otherwise it copies byte by byte, which is some six times slower (measured: 64 KiB in 2.4 µs, or
 * in 18). Chunks from a network, and reads of a decoder, start at any offset. So what is not
 * aligned alike is copied to a place that is, and then moved by less than a word in memory that is
 * not shared, which is fast at any offset.
 */

/**
 * The length of a word of such a copy on 64-bit systems, in bytes; a multiple of it on others.
 */
const WORD = 8;
/** Below this many bytes the detour costs more than it saves (measured). */
const SHORT = 512;
const PIECE = 64 * 1024;

let scratch: Uint8Array | undefined;

/** Fills `target` with the bytes at `from` of shared memory. */
export function copyFromShared(source: Uint8Array, from: number, target: Uint8Array): void {
  const { length } = target;
  const skipped = length < SHORT ? 0 : (target.byteOffset - source.byteOffset - from) & (WORD - 1);
  target.set(source.subarray(from + skipped, from + length));
  if (skipped === 0) return;
  target.copyWithin(skipped, 0, length - skipped);
  for (let index = 0; index < skipped; index += 1) target[index] = source[from + index] ?? 0;
}

/** Puts `data` at `offset` into shared memory. */
export function copyToShared(data: Uint8Array, bytes: Uint8Array, offset: number): void {
  const lead = (bytes.byteOffset + offset) & (WORD - 1);
  if (data.length < SHORT || (data.byteOffset & (WORD - 1)) === lead) {
    bytes.set(data, offset);
    return;
  }
  scratch ??= new Uint8Array(PIECE + WORD);
  for (let at = 0; at < data.length; at += PIECE) {
    const piece = data.length <= PIECE ? data : data.subarray(at, at + PIECE);
    scratch.set(piece, lead);
    bytes.set(scratch.subarray(lead, lead + piece.length), offset + at);
  }
}
