/** @import { Attachment, ColdBytes, ContentRecord, Driver, FinalStep } from '../../lib/index.js' */

export const COLD_KIND = 'spec/cold';

/**
 * Makes every byte of a driver cold: no other thread can read any of them by itself, however often
 * it has fetched them. `hot` begins what they can read all the same.
 *
 * @implements {Driver}
 */
export class ColdDriver {
  /** @type {Driver} */
  #inner;
  #hot;
  /** What the owner's thread throws when it reads, if it is to. @type {Error | undefined} */
  failure;
  /** How often bytes were read in the owner's thread. */
  reads = 0;

  /**
   * @param {Driver} inner
   * @param {ColdBytes} cold
   * @param {Uint8Array} [hot] - in shared memory: the first bytes of the content
   */
  constructor(inner, cold, hot) {
    this.#inner = inner;
    this.#hot = hot;
    this.cold = cold;
    this.capabilities = { ...inner.capabilities, view: false, share: true };
  }

  /** @param {() => ContentRecord} record */
  open(record) {
    return this.#inner.open(record);
  }

  /**
   * @param {number} offset
   * @param {Uint8Array} data
   */
  write(offset, data) {
    this.#inner.write(offset, data);
    this.cold.rewritten(offset, data.length);
    if (this.#hot && offset < this.#hot.length) this.#hot.set(data.subarray(0, this.#hot.length - offset), offset);
  }

  /**
   * @param {number} offset
   * @param {Uint8Array} target
   */
  read(offset, target) {
    this.reads += 1;
    if (this.failure !== undefined) throw this.failure;
    this.#inner.read(offset, target);
  }

  /**
   * @param {number} start
   * @param {number} end
   */
  evict(start, end) {
    this.#inner.evict?.(start, end);
  }

  /** @param {number} length */
  commit(length) {
    return this.#inner.commit(length);
  }

  /**
   * @param {Uint8Array} data
   * @returns {FinalStep}
   */
  replace(data) {
    const step = this.#inner.replace(data);
    /** @type {FinalStep} */
    const replace = (alive) => {
      step(alive);
      this.#hot?.set(data.subarray(0, this.#hot.length));
    };
    return Object.assign(replace, { ahead: step.ahead });
  }

  reopen() {
    this.#inner.reopen();
  }

  describe() {
    return { kind: COLD_KIND, data: this.#hot };
  }

  /** @param {boolean} keep */
  close(keep) {
    this.#inner.close(keep);
  }
}

/**
 * The attach side, to be registered as {@link COLD_KIND}.
 *
 * @param {unknown} data
 * @returns {Attachment}
 */
export function attachCold(data) {
  const hot = /** @type {Uint8Array | undefined} */ (data) ?? new Uint8Array(0);
  return {
    reach(start, end) {
      return Math.max(start, Math.min(end, hot.length));
    },
    read(offset, target) {
      if (offset + target.length > hot.length) throw new Error('Cold bytes were read in another thread.');
      target.set(hot.subarray(offset, offset + target.length));
    },
    close() {
      // Nothing is held.
    },
  };
}
