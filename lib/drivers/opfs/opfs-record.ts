import type { ByteRange } from '../../range/byte-range.js';
import type { ContentRecord } from '../../record/content-record.js';
import { decodeRecord, digestOf, encodeRecord, isSameBytes, type StoredRecord } from '../../record/record-codec.js';
import type { RefusedContent } from '../driver.js';
import type { Geometry } from './geometry.js';
import { sha256 } from './sha256.js';

/**
 * The format of a slot: what is known of the content, and in which places its blocks lie. Version
 * 1:
 *
 * | at | type | |
 * |---|---|---|
 * | 0 | 8 bytes | `tideopfs` |
 * | 8 | u32 | version of the format, 1 |
 * | 12 | u32 | flags; 1: committed |
 * | 16 | f64 | number of the record: of two, the one with the larger number counts |
 * | 24 | f64 | length in bytes, if committed |
 * | 32 | u32 | bytes in a block |
 * | 36 | u32 | places in a chunk file |
 * | 40 | u32 | number of entries of the block table |
 * | 44 | u32 | length of the coverage record in bytes |
 * | 48 | | coverage record (`lib/record/record-codec.ts`, version 1) |
 * | … | f64, u32, u32 each | block table: first block, its place, how many follow each other |
 * | last 32 bytes | | SHA-256 of everything before |
 *
 * All numbers are little-endian. The digest comes last in every version, so that a record of a
 * newer version can be distinguished from a damaged one.
 */
const MAGIC = Array.from('tideopfs', (character) => character.charCodeAt(0));
const VERSION = 1;
const COMMITTED = 1;
const NUMBER_AT = 16;
const HEADER = 48;
const ENTRY = 16;
const DIGEST = 32;

/** Blocks that follow each other, in places that do. */
export interface BlockRun {
  readonly block: number;
  readonly place: number;
  readonly count: number;
}

/** What a record says. */
export interface OpfsRecord {
  /** The final length in bytes, if the content is committed. */
  readonly committedLength: number | undefined;
  readonly content: ContentRecord;
  /** By blocks, ascending; each run as long as it can be. */
  readonly runs: readonly BlockRun[];
}

/** A record as it was read. */
export interface FoundRecord extends OpfsRecord {
  readonly number: number;
  readonly content: StoredRecord;
}

/** Why a slot cannot be used. */
export type RefusedSlot = Pick<RefusedContent, 'reason' | 'message'>;

/** Returns the runs of blocks with their places. */
export function runsOf(entries: (readonly [block: number, place: number])[]): BlockRun[] {
  const runs: { block: number; place: number; count: number }[] = [];
  for (const [block, place] of entries.sort(([one], [other]) => one - other)) {
    const last = runs.at(-1);
    if (last !== undefined && last.block + last.count === block && last.place + last.count === place) last.count += 1;
    else runs.push({ block, place, count: 1 });
  }
  return runs;
}

/** Returns the places of all blocks of a table. */
export function placesOf(runs: readonly BlockRun[]): Set<number> {
  const places = new Set<number>();
  for (const { place, count } of runs) for (let index = 0; index < count; index += 1) places.add(place + index);
  return places;
}

/** Returns the bytes of a record that has no number yet, and no digest. */
export function encodeBody({ committedLength, content, runs }: OpfsRecord, geometry: Geometry): Uint8Array {
  const coverage = encodeRecord(content, sha256);
  const bytes = new Uint8Array(HEADER + coverage.length + runs.length * ENTRY + DIGEST);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, committedLength === undefined ? 0 : COMMITTED, true);
  view.setFloat64(24, committedLength ?? 0, true);
  view.setUint32(32, geometry.blockSize, true);
  view.setUint32(36, geometry.chunkBlocks, true);
  view.setUint32(40, runs.length, true);
  view.setUint32(44, coverage.length, true);
  bytes.set(coverage, HEADER);
  let at = HEADER + coverage.length;
  for (const { block, place, count } of runs) {
    view.setFloat64(at, block, true);
    view.setUint32(at + 8, place, true);
    view.setUint32(at + 12, count, true);
    at += ENTRY;
  }
  return bytes;
}

/** Returns a copy with its number and digest. */
export function numbered(body: Uint8Array, number: number): Uint8Array {
  const bytes = Uint8Array.from(body);
  new DataView(bytes.buffer).setFloat64(NUMBER_AT, number, true);
  const end = bytes.length - DIGEST;
  bytes.set(sha256(bytes.subarray(0, end)), end);
  return bytes;
}

/** Returns the record that `bytes` hold, or why it cannot be used. */
export function decodeSlot(bytes: Uint8Array, geometry: Geometry): FoundRecord | RefusedSlot {
  const end = bytes.length - DIGEST;
  if (!isSameBytes(bytes.subarray(0, MAGIC.length), MAGIC)) {
    return { reason: 'damaged', message: 'it is no record of this library' };
  }
  if (end < 12 || !isSameBytes(sha256(bytes.subarray(0, end)), digestOf(bytes))) {
    return { reason: 'damaged', message: 'its digest does not match its content' };
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    return { reason: 'format', message: `it is of version ${version}, and this library reads version ${VERSION}` };
  }
  if (end < HEADER) return { reason: 'damaged', message: 'it is shorter than its header' };
  if (view.getUint32(32, true) !== geometry.blockSize || view.getUint32(36, true) !== geometry.chunkBlocks) {
    return { reason: 'format', message: 'its blocks or chunks have another size than those of this library' };
  }
  const count = view.getUint32(40, true);
  const table = HEADER + view.getUint32(44, true);
  if (table + count * ENTRY !== end) return { reason: 'damaged', message: 'its length does not match its content' };
  const content = decodeRecord(bytes.subarray(HEADER, table), sha256);
  if ('reason' in content) return { reason: content.reason, message: `in its coverage: ${content.message}` };
  const runs: BlockRun[] = [];
  for (let at = table; at < end; at += ENTRY) {
    const block = view.getFloat64(at, true);
    runs.push({ block, place: view.getUint32(at + 8, true), count: view.getUint32(at + 12, true) });
  }
  const isCommitted = (view.getUint32(12, true) & COMMITTED) !== 0;
  const found: FoundRecord = {
    number: view.getFloat64(NUMBER_AT, true),
    committedLength: isCommitted ? view.getFloat64(24, true) : undefined,
    content,
    runs,
  };
  const fault = faultOf(found, geometry);
  return fault === undefined ? found : { reason: 'damaged', message: fault };
}

/** What a record says that cannot be; undefined: nothing. */
function faultOf({ number, committedLength, content, runs }: FoundRecord, { blockSize }: Geometry): string | undefined {
  const { coverage, coveredBytes, coveredEnd } = content;
  if (!Number.isSafeInteger(number) || number < 1) return 'its number is none';
  if (committedLength !== undefined && (coveredBytes !== committedLength || coveredEnd !== committedLength)) {
    return 'it is committed, and bytes are missing';
  }
  const places = new Set<number>();
  let behind = 0;
  for (const { block, place, count } of runs) {
    if (!Number.isSafeInteger(block) || block < behind || count === 0) return 'its blocks are in no order';
    for (let index = 0; index < count; index += 1) {
      if (places.has(place + index)) return 'two of its blocks have one place';
      places.add(place + index);
    }
    behind = block + count;
  }
  return isInRuns(coverage, runs, blockSize) ? undefined : 'a covered block has no place';
}

/** True if every block with a covered byte has a place. */
function isInRuns(coverage: readonly ByteRange[], runs: readonly BlockRun[], blockSize: number): boolean {
  let index = 0;
  for (const { start, end } of coverage) {
    const last = Math.floor((end - 1) / blockSize);
    for (let block = Math.floor(start / blockSize); block <= last;) {
      let run = runs[index];
      while (run !== undefined && run.block + run.count <= block) run = runs[(index += 1)];
      if (run === undefined || run.block > block) return false;
      block = run.block + run.count;
    }
  }
  return true;
}
