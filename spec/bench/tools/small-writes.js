import { MemDriver, Resource } from 'tidemark';

/** @import { Side } from './row.js' */

export const SMALL = 64;
const BEGIN = 2 ** 24;
const FAR = 2 ** 31;

/** A memory resource with room enough. */
export function openMemory() {
  return Resource.open(new MemDriver({ capacity: 2 ** 32 }));
}

/**
 * Writes of 64 bytes one after the other, into a resource that has no others.
 *
 * @param {Resource} resource
 * @returns {Side}
 */
export function smallWrites(resource) {
  const bytes = new Uint8Array(SMALL).fill(0x5a);
  let offset = BEGIN;
  return {
    run() {
      resource.writeAt(offset, bytes);
      offset += SMALL;
    },
    verify() {
      const written = offset - BEGIN;
      if (resource.coveredBytes !== written) throw new Error(`${resource.coveredBytes} bytes instead of ${written}.`);
      const last = new Uint8Array(SMALL);
      resource.readAt(offset - SMALL, last);
      if (Buffer.compare(last, bytes) !== 0) throw new Error('Other bytes than those written.');
    },
  };
}

/**
 * A range that {@link smallWrites} does not write, below for an even number, far above for an odd
 * one.
 *
 * @param {number} index
 */
export function elsewhere(index) {
  const start = (index % 2 === 0 ? 0 : FAR) + index * SMALL;
  return { start, end: start + SMALL };
}
