import type { Resource } from '../resource/resource.js';

/**
 * The length to commit where bytes were written up to `reached`: as `commit` without a length takes
 * it, but no less. If the last bytes were evicted since, the commit is `INCOMPLETE`, and does not
 * cut them off.
 */
export function lengthBehind(resource: Resource, reached: number): number {
  return resource.expectedLength ?? Math.max(reached, endOfBytes(resource));
}

/** Where the last byte stands, exclusive; 0 where there is none. */
export function endOfBytes(resource: Resource): number {
  return resource.coverage.toArray().at(-1)?.end ?? 0;
}
