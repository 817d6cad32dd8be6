import type { Resource } from 'tidemark';
import { makeContent, newResource } from '../fixtures.js';

export const content = makeContent(200_000);

/** The first half of the content is there. */
export function half(): Resource {
  const resource = newResource();
  resource.expectedLength = content.length;
  resource.identity = '"v1"';
  resource.writeAt(0, content.subarray(0, 100_000));
  return resource;
}
