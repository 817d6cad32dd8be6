import { createHash } from 'node:crypto';

import { encodeRecord } from '../../lib/record/record-codec.js';

export const RECORD = { coverage: [{ start: 10, end: 30 }], expectedLength: 100, identity: '"v1"' };

/** Node's SHA-256. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(bytes).digest();
}

/** {@link RECORD}, changed, with the right digest behind it. */
export function sealed(change: (bytes: Buffer) => void): Buffer {
  const bytes = Buffer.from(encodeRecord(RECORD, sha256));
  change(bytes);
  const end = bytes.length - 32;
  bytes.set(sha256(bytes.subarray(0, end)), end);
  return bytes;
}
