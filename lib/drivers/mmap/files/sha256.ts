import { createHash } from 'node:crypto';

/** Node's, for the codec of records. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}
