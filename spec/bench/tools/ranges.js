import { MemDriver, Resource } from 'tidemark';
import { shuffled } from './content.js';

/** Ranges of 16 bytes, one every 128. */
export const RANGE = 16;
export const STRIDE = 128;
const bytes = new Uint8Array(RANGE);

/**
 * Makes `count` ranges, in an order by chance.
 *
 * @param {{ writeAt(offset: number, data: Uint8Array): void }} resource
 * @param {number} count
 */
export function scatteredRanges(resource, count) {
  for (const index of shuffled(count)) resource.writeAt(index * STRIDE, bytes);
}

/** A memory resource with `count` ranges. @param {number} count */
export function openScattered(count) {
  const resource = Resource.open(new MemDriver());
  scatteredRanges(resource, count);
  return resource;
}
