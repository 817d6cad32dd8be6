import { Resource } from 'tidemark';
import { MmapDriver } from 'tidemark/node';

const PIECE = 2 ** 20;

/** The byte that belongs at an offset. @param {number} offset */
export function byteAt(offset) {
  return Math.imul(offset, 0x9e37_79b1) >>> 24;
}

/** @param {number} offset @param {number} length */
export function contentAt(offset, length) {
  return new Uint8Array(length).map((_, index) => byteAt(offset + index));
}

/**
 * Throws unless `bytes` are what belongs at `offset`.
 *
 * @param {number} offset
 * @param {Uint8Array} bytes
 */
export function verifyBytes(offset, bytes) {
  bytes.forEach((byte, index) => {
    if (byte !== byteAt(offset + index)) throw new Error(`A wrong byte at ${offset + index}.`);
  });
}

/**
 * A file of `length` bytes, written and committed.
 *
 * @param {string} folder
 * @param {number} length a multiple of a MiB
 */
export function storeContent(folder, length) {
  const resource = openPartial(folder, length);
  resource.commit();
  const { path } = resource.driver;
  resource.close();
  return path;
}

/**
 * A resource over a file that has all its bytes and is not committed.
 *
 * @param {string} folder
 * @param {number} length
 */
export function openPartial(folder, length) {
  const path = `${folder}/content-${length}`;
  const resource = Resource.open(new MmapDriver({ path, checkpoint: false, durable: false }));
  for (let offset = 0; offset < length; offset += PIECE) resource.writeAt(offset, contentAt(offset, PIECE));
  return resource;
}

/**
 * Numbers from 0 to before `limit`, by chance but the same in each run: so many that no processor
 * learns them by heart, as it does a few thousand (measured: a search of 10,000 ranges then takes
 * half its time).
 *
 * @param {number} limit
 * @param {number} [count]
 */
export function scatter(limit, count = 2 ** 20) {
  let state = 0x1234_5678;
  return Float64Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  });
}

/** 0, 1 … `count` - 1 in an order by chance. @param {number} count */
export function shuffled(count) {
  const order = Float64Array.from({ length: count }, (_, index) => index);
  const by = scatter(2 ** 31, count);
  for (let index = count - 1; index > 0; index--) {
    const other = /** @type {number} */ (by[index]) % (index + 1);
    [order[index], order[other]] = /** @type {[number, number]} */ ([order[other], order[index]]);
  }
  return order;
}

/**
 * Gives the values of an array one after the other, and then from the start.
 *
 * @param {Float64Array} values
 */
export function cycle(values) {
  let index = 0;
  return () => {
    if (index === values.length) index = 0;
    return /** @type {number} */ (values[index++]);
  };
}
