/**
 * Uniform blocks that an owner evicts and writes anew at full speed. Two blocks share each place of
 * the memory, and no value of one is ever a value of the other.
 */
export const BLOCK = 4096;
/** From the start of one block to that of the next, in bytes: each has a stamp of its own. */
export const STRIDE = 64 * 1024;
const PLACES = 16;
export const BLOCKS = 2 * PLACES;
/** Size of the memory, in bytes. */
export const MEMORY = PLACES * STRIDE;
const VERSIONS = 100;

/**
 * The block that has the same place.
 *
 * @param {number} block
 */
export function rivalOf(block) {
  return (block + PLACES) % BLOCKS;
}

/**
 * The half-open range of a block.
 *
 * @param {number} block
 */
export function rangeOf(block) {
  return { start: block * STRIDE, end: block * STRIDE + BLOCK };
}

/**
 * The byte that a block consists of; always less than what the driver evicts with.
 *
 * @param {number} block
 * @param {number} version
 */
export function valueOf(block, version) {
  return 2 * (version % VERSIONS) + (block < PLACES ? 0 : 1);
}

/** A whole block of each value. */
export const uniform = Array.from({ length: 2 * VERSIONS }, (_, value) => new Uint8Array(BLOCK).fill(value));

/**
 * What is wrong with the bytes of a block; undefined if nothing is.
 *
 * @param {number} block
 * @param {Uint8Array} bytes
 */
export function wrong(block, bytes) {
  const [value = 0] = bytes;
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, BLOCK / 4);
  if (value % 2 === valueOf(block, 0) && value < 2 * VERSIONS && isUniform(words, (value * 0x01_01_01_01) | 0)) {
    return undefined;
  }
  const at = bytes.findIndex((byte) => byte !== value);
  return { block, value, at, other: bytes[at] };
}

/**
 * In a loop of its own: it is called ten million times.
 *
 * @param {Int32Array} words
 * @param {number} expected
 */
function isUniform(words, expected) {
  for (const word of words) if (word !== expected) return false;
  return true;
}

/**
 * Numbers by chance, the same ones for each seed.
 *
 * @param {number} seed
 */
export function blocksByChance(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * BLOCKS);
  };
}
