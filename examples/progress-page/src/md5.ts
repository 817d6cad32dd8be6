import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Resource } from 'tidemark';

const SLICE = 2 ** 20;

/** Of all bytes of a committed resource, in hexadecimal. */
export function md5Of(resource: Resource): string {
  const hash = md5.create();
  const { length = 0 } = resource;
  for (let start = 0; start < length; start += SLICE) {
    hash.update(resource.view({ start, end: Math.min(length, start + SLICE) }));
  }
  return bytesToHex(hash.digest());
}
