import { createHash } from 'node:crypto';

import { type ByteRange, MAX_OFFSET } from '../../range/byte-range.js';
import type { ContentRecord, RefusedContent } from '../driver.js';

/**
 * The file that says what is known of bytes in another one: the coverage file of a partial download, and the identity file of
 * committed content.
 *
 * | at | type | |
 * |---|---|---|
 * | 0 | 8 bytes | `tidemark` |
 * | 8 | u32 | version of the format, 1 |
 * | 12 | u32 | 1: there is an expected length; 2: there is an identity |
 * | 16 | f64 | expected length in bytes |
 * | 24 | f64 | when the bytes were changed last, in epoch milliseconds; 0 in a coverage file |
 * | 32 | u32 | length of the identity in UTF-16 code units |
 * | 36 | u32 | number of ranges |
 * | 40 | u16 … | identity |
 * | … | f64 pairs | start and end of each range, half-open, in bytes |
 * | last 32 bytes | | SHA-256 of everything before |
 *
 * All numbers are little-endian; doubles hold every offset up to 2^53−1 exactly. The digest comes last in every version, so that a file
 * of a newer one can be told from a damaged one.
 */
const MAGIC = 'tidemark';
const VERSION = 1;
const HEADER = 40;
const DIGEST = 32;
const HAS_EXPECTED = 1;
const HAS_IDENTITY = 2;
const BOUNDS = 16;

/** A record as it was read. */
export interface StoredRecord extends ContentRecord {
  readonly coverage: readonly ByteRange[];
  readonly coveredBytes: number;
  /** Where the last range ends; 0 if there is none. */
  readonly coveredEnd: number;
  readonly modified: number;
  /** Names what it says: the same for two records that say the same. */
  readonly digest: Buffer;
}

/** Why a record is not believed; where it can be told, with what it claims. */
export type RefusedRecord = Pick<RefusedContent, 'reason' | 'message'>;

/** @param modified - when the bytes were changed last, in epoch milliseconds */
export function encodeRecord(record: ContentRecord, modified = 0): Buffer {
  const { expectedLength, identity } = record;
  const bounds: number[] = [];
  for (const { start, end } of record.coverage) bounds.push(start, end);
  const text = Buffer.from(identity ?? '', 'utf16le');
  const bytes = Buffer.alloc(HEADER + text.length + bounds.length * 8 + DIGEST);
  bytes.write(MAGIC, 'latin1');
  bytes.writeUInt32LE(VERSION, 8);
  bytes.writeUInt32LE(
    (expectedLength === undefined ? 0 : HAS_EXPECTED) | (identity === undefined ? 0 : HAS_IDENTITY),
    12,
  );
  bytes.writeDoubleLE(expectedLength ?? 0, 16);
  bytes.writeDoubleLE(modified, 24);
  bytes.writeUInt32LE(text.length / 2, 32);
  bytes.writeUInt32LE(bounds.length / 2, 36);
  text.copy(bytes, HEADER);
  let at = HEADER + text.length;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (const bound of bounds) {
    view.setFloat64(at, bound, true);
    at += 8;
  }
  digest(bytes.subarray(0, at)).copy(bytes, at);
  return bytes;
}

/** Reads a record back, or says why it is not believed. */
export function decodeRecord(bytes: Buffer): StoredRecord | RefusedRecord {
  if (bytes.length < MAGIC.length || bytes.toString('latin1', 0, MAGIC.length) !== MAGIC) {
    return { reason: 'format', message: 'it is no coverage file of this library' };
  }
  const end = bytes.length - DIGEST;
  if (end < HEADER || !digest(bytes.subarray(0, end)).equals(digestOf(bytes))) {
    return { reason: 'damaged', message: 'its digest does not match its content' };
  }
  const version = bytes.readUInt32LE(8);
  if (version !== VERSION) {
    return { reason: 'format', message: `it is of version ${version}, and this library reads version ${VERSION}` };
  }
  const flags = bytes.readUInt32LE(12);
  const units = bytes.readUInt32LE(32);
  const count = bytes.readUInt32LE(36);
  const ranges = HEADER + units * 2;
  if (ranges + count * BOUNDS !== end) return { reason: 'damaged', message: 'its length does not match its content' };
  const coverage: ByteRange[] = [];
  let coveredBytes = 0;
  let coveredEnd = -1;
  for (let at = ranges; at < end; at += BOUNDS) {
    const range = { start: bytes.readDoubleLE(at), end: bytes.readDoubleLE(at + 8) };
    if (!isNext(range, coveredEnd)) return { reason: 'damaged', message: 'its ranges are in no order' };
    coverage.push(range);
    coveredBytes += range.end - range.start;
    coveredEnd = range.end;
  }
  const expectedLength = bytes.readDoubleLE(16);
  if (!isOffset(expectedLength)) return { reason: 'damaged', message: 'its expected length is no length' };
  return {
    coverage,
    coveredBytes,
    coveredEnd: Math.max(0, coveredEnd),
    expectedLength: (flags & HAS_EXPECTED) === 0 ? undefined : expectedLength,
    identity: (flags & HAS_IDENTITY) === 0 ? undefined : bytes.toString('utf16le', HEADER, ranges),
    modified: bytes.readDoubleLE(24),
    digest: digestOf(bytes),
  };
}

/** The digest of a record that was encoded. */
export function digestOf(bytes: Buffer): Buffer {
  return bytes.subarray(-DIGEST);
}

function digest(bytes: Uint8Array): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function isNext({ start, end }: ByteRange, previousEnd: number): boolean {
  return isOffset(start) && isOffset(end) && start > previousEnd && start < end;
}

function isOffset(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_OFFSET;
}
