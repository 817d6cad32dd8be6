/** @import { Driver } from '../../lib/index.js' */

/** What bytes are overwritten with when they are evicted. */
export const EVICTED = 0xee;
export const EVICTING_KIND = 'spec/evicting';

/**
 * A driver over shared memory that evicts. An offset has its place at `offset % size`, so content
 * that is longer than the memory shares its places: whoever writes there has to evict what was
 * there. Nothing is checked.
 *
 * @implements {Driver}
 */
export class EvictingDriver {
  capabilities = { rewrites: true, view: false, share: true, evicts: true };
  /** @type {Uint8Array} */
  #bytes;

  /** @param {number} [size] - in bytes */
  constructor(size = 2 ** 22) {
    this.#bytes = new Uint8Array(new SharedArrayBuffer(size));
  }

  open() {
    return { coverage: [] };
  }

  /**
   * @param {number} offset
   * @param {Uint8Array} data
   */
  write(offset, data) {
    const { length } = this.#bytes;
    for (let at = 0; at < data.length;) {
      const place = (offset + at) % length;
      const part = data.subarray(at, at + length - place);
      this.#bytes.set(part, place);
      at += part.length;
    }
  }

  /**
   * @param {number} offset
   * @param {Uint8Array} target
   */
  read(offset, target) {
    readFrom(this.#bytes, offset, target);
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  evict(start, end) {
    this.write(start, new Uint8Array(end - start).fill(EVICTED));
  }

  commit() {
    return () => undefined;
  }

  /** @param {Uint8Array} data */
  replace(data) {
    return () => {
      this.write(0, data);
    };
  }

  reopen() {
    // Final bytes lie in memory as others do.
  }

  describe() {
    return { kind: EVICTING_KIND, data: this.#bytes };
  }

  close() {
    // Memory is collected.
  }
}

/**
 * The attach side, to be registered as {@link EVICTING_KIND}.
 *
 * @param {unknown} data
 */
export function attachEvicting(data) {
  const bytes = /** @type {Uint8Array} */ (data);
  return {
    /**
     * @param {number} offset
     * @param {Uint8Array} target
     */
    read(offset, target) {
      readFrom(bytes, offset, target);
    },
    close() {
      // Memory is collected.
    },
  };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} offset
 * @param {Uint8Array} target
 */
function readFrom(bytes, offset, target) {
  for (let at = 0; at < target.length;) {
    const place = (offset + at) % bytes.length;
    const part = bytes.subarray(place, place + target.length - at);
    target.set(part, at);
    at += part.length;
  }
}
