import { md5 } from '@noble/hashes/legacy.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import type { Resource } from 'tidemark';

/** Hashed in a few milliseconds. */
const SLICE = 2 ** 18;

/**
 * The MD5 of all bytes of a committed resource, in hexadecimal: step by step, for who has something
 * else to do in between.
 */
export function* md5Of(resource: Resource): Generator<undefined, string> {
  const hash = md5.create();
  const { length = 0 } = resource;
  for (let start = 0; start < length; start += SLICE) {
    hash.update(resource.view({ start, end: Math.min(length, start + SLICE) }));
    yield;
  }
  return bytesToHex(hash.digest());
}
