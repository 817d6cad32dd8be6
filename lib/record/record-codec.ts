import { type ByteRange, MAX_OFFSET } from '../range/byte-range.js';
import type { ContentRecord } from './content-record.js';

/**
 * The format of a record: what is known of bytes that are kept elsewhere, with a checksum. Version
 * 1 is the coverage of a partial download, version 2 the identity of committed content.
 *
 * | at | type | |
 * |---|---|---|
 * | 0 | 8 bytes | `tidemark` |
 * | 8 | u32 | version of the format, 1 or 2 |
 * | 12 | u32 | flags; 1: there is an expected length; 2: there is an identity; 4: never committed |
 * | 16 | f64 | expected length in bytes |
 * | 24 | f64 | version 2: when the bytes were changed last, in epoch milliseconds |
 * | 32 | u32 | length of the identity in UTF-16 code units |
 * | 36 | u32 | number of ranges, at most 1,048,576 |
 * | 40 | u64 | version 2: the number of the file's inode |
 * | 48 | f64 | version 2: when the inode was changed last, in epoch milliseconds |
 * | 40 or 56 | u16 … | identity |
 * | … | f64 pairs | start and end of each range, half-open, in bytes |
 * | last 32 bytes | | SHA-256 of everything before |
 *
 * All numbers are little-endian. Doubles hold every offset up to 2^53−1 exactly. The digest comes
 * last in every version, so that a record of a newer version can be distinguished from a damaged
 * one.
 *
 * Identity files were once written as version 1, which names no inode. They can still be read, and
 * match no file.
 */
const MAGIC = Array.from('tidemark', (character) => character.charCodeAt(0));
const WITHOUT_FILE = 1;
const WITH_FILE = 2;
const HEADERS: Readonly<Record<number, number>> = { [WITHOUT_FILE]: 40, [WITH_FILE]: 56 };
const DIGEST = 32;
const HAS_EXPECTED = 1;
const HAS_IDENTITY = 2;
const NEVER_COMMITTED = 4;
const BOUNDS = 16;
/** How many code units become a string in one call: arguments are on the stack. */
const UNITS_AT_ONCE = 4096;
/**
 * The most ranges that a record has. Of more, only the first are written; a record that lists more
 * is refused. Reading so many took 0.4 s and 74 MB.
 */
export const MOST_RANGES = 2 ** 20;
/** The longest record in bytes: of so many ranges, and an identity of 2^20 code units. */
export const LONGEST_RECORD = 56 + 2 * 2 ** 20 + MOST_RANGES * BOUNDS + DIGEST;

/** Returns the 32 bytes of the SHA-256 digest; each platform has its own. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array;

/** What tells a file from every other that has had its name. */
export interface FileStamp {
  readonly inode: bigint;
  /** When its bytes were changed last, in epoch milliseconds. */
  readonly modified: number;
  /** When the inode was changed last, in epoch milliseconds. */
  readonly changed: number;
}

/** What a record is made of. */
export interface RecordToEncode extends ContentRecord {
  /** See {@link StoredRecord.neverCommitted}. */
  readonly neverCommitted?: boolean;
}

/** A record as it was read. */
export interface StoredRecord extends ContentRecord {
  readonly coverage: readonly ByteRange[];
  readonly coveredBytes: number;
  /** Where the last range ends; 0 if there is none. */
  readonly coveredEnd: number;
  /** The file that the record is about, where it says. */
  readonly file: FileStamp | undefined;
  /**
   * The bytes are known never to have been committed: nobody else can have them open. False in
   * records that do not say it.
   */
  readonly neverCommitted: boolean;
  /** The same for two records that say the same. */
  readonly digest: Uint8Array;
}

/** Why a record cannot be used. */
export interface RefusedRecord {
  readonly reason: 'damaged' | 'format';
  /** What was found, for people. */
  readonly message: string;
}

/**
 * Returns the bytes of a record. Of more than {@link MOST_RANGES} ranges the first are kept: to
 * list less is always true.
 *
 * @param file - the file that the record is about, for an identity file
 */
export function encodeRecord(record: RecordToEncode, sha256: Sha256, file?: FileStamp): Uint8Array {
  const { expectedLength, identity, neverCommitted } = record;
  const version = file === undefined ? WITHOUT_FILE : WITH_FILE;
  const header = HEADERS[version] ?? 0;
  const bounds: number[] = [];
  for (const { start, end } of record.coverage) {
    if (bounds.length === 2 * MOST_RANGES) break;
    bounds.push(start, end);
  }
  const text = identity ?? '';
  const bytes = new Uint8Array(header + text.length * 2 + bounds.length * 8 + DIGEST);
  const view = viewOf(bytes);
  bytes.set(MAGIC);
  view.setUint32(8, version, true);
  const flags =
    (expectedLength === undefined ? 0 : HAS_EXPECTED) |
    (identity === undefined ? 0 : HAS_IDENTITY) |
    (neverCommitted === true ? NEVER_COMMITTED : 0);
  view.setUint32(12, flags, true);
  view.setFloat64(16, expectedLength ?? 0, true);
  view.setUint32(32, text.length, true);
  view.setUint32(36, bounds.length / 2, true);
  if (file !== undefined) {
    view.setFloat64(24, file.modified, true);
    view.setBigUint64(40, file.inode, true);
    view.setFloat64(48, file.changed, true);
  }
  let at = header;
  for (let index = 0; index < text.length; index += 1, at += 2) view.setUint16(at, text.charCodeAt(index), true);
  for (const bound of bounds) {
    view.setFloat64(at, bound, true);
    at += 8;
  }
  bytes.set(sha256(bytes.subarray(0, at)), at);
  return bytes;
}

/** Returns the record that `bytes` hold, or why it cannot be used. */
export function decodeRecord(bytes: Uint8Array, sha256: Sha256): StoredRecord | RefusedRecord {
  if (!isSameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) {
    return { reason: 'format', message: 'it is no coverage file of this library' };
  }
  const end = bytes.length - DIGEST;
  if (end < 12 || !isSameBytes(sha256(bytes.subarray(0, end)), digestOf(bytes))) {
    return { reason: 'damaged', message: 'its digest does not match its content' };
  }
  const view = viewOf(bytes);
  const version = view.getUint32(8, true);
  const header = HEADERS[version];
  if (header === undefined) {
    return { reason: 'format', message: `it is of version ${version}, and this library reads versions 1 and 2` };
  }
  if (end < header) return { reason: 'damaged', message: 'it is shorter than its header' };
  const flags = view.getUint32(12, true);
  const units = view.getUint32(32, true);
  const count = view.getUint32(36, true);
  const ranges = header + units * 2;
  if (ranges + count * BOUNDS !== end) return { reason: 'damaged', message: 'its length does not match its content' };
  if (count > MOST_RANGES) {
    return { reason: 'format', message: `it has ${count} ranges, and this library reads up to ${MOST_RANGES}` };
  }
  const coverage: ByteRange[] = [];
  let coveredBytes = 0;
  let coveredEnd = -1;
  for (let at = ranges; at < end; at += BOUNDS) {
    const range = { start: view.getFloat64(at, true), end: view.getFloat64(at + 8, true) };
    if (!isNext(range, coveredEnd)) return { reason: 'damaged', message: 'its ranges are in no order' };
    coverage.push(range);
    coveredBytes += range.end - range.start;
    coveredEnd = range.end;
  }
  const expectedLength = view.getFloat64(16, true);
  if (!isOffset(expectedLength)) return { reason: 'damaged', message: 'its expected length is no length' };
  return {
    coverage,
    coveredBytes,
    coveredEnd: Math.max(0, coveredEnd),
    expectedLength: (flags & HAS_EXPECTED) === 0 ? undefined : expectedLength,
    identity: (flags & HAS_IDENTITY) === 0 ? undefined : textOf(view, header, units),
    file: version === WITH_FILE ? stampOf(view) : undefined,
    neverCommitted: (flags & NEVER_COMMITTED) !== 0,
    digest: digestOf(bytes),
  };
}

/** Returns the digest at the end of an encoded record. */
export function digestOf(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(-DIGEST);
}

/** True if both hold the same bytes. */
export function isSameBytes(one: Uint8Array, other: ArrayLike<number>): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}

/**
 * Unlike a `TextDecoder`, this keeps surrogates without their other half, and a byte order mark.
 */
function textOf(view: DataView, from: number, length: number): string {
  let text = '';
  for (let done = 0; done < length; done += UNITS_AT_ONCE) {
    const units = Array.from({ length: Math.min(UNITS_AT_ONCE, length - done) }, (_, index) =>
      view.getUint16(from + 2 * (done + index), true),
    );
    text += String.fromCharCode(...units);
  }
  return text;
}

function stampOf(view: DataView): FileStamp {
  return {
    inode: view.getBigUint64(40, true),
    modified: view.getFloat64(24, true),
    changed: view.getFloat64(48, true),
  };
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function isNext({ start, end }: ByteRange, previousEnd: number): boolean {
  return isOffset(start) && isOffset(end) && start > previousEnd && start < end;
}

function isOffset(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0 && value <= MAX_OFFSET;
}
