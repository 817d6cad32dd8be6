/**
 * The byte that belongs at a place, by most of the bits of its number: one that lies elsewhere is
 * found out.
 *
 * @param {number} at
 */
export function byteOf(at) {
  return (Math.imul(at + 1, 0x9e3779b1) >>> 24) & 0xff;
}
