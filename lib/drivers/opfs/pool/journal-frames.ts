import { digestOf, isSameBytes } from '../../../record/record-codec.js';
import type { Geometry } from '../geometry.js';
import { decodeSlot, encodeBody, numbered, type OpfsRecord } from '../opfs-record.js';
import { sha256 } from '../sha256.js';

/**
 * The format of a journal, version 1: a header, then frames up to the end of the file, or up to the
 * first bytes that are none.
 *
 * The header:
 *
 * | at | type | |
 * |---|---|---|
 * | 0 | 8 bytes | `tidelogs` |
 * | 8 | u32 | version of the format, 1 |
 * | 12 | u32 | bytes in a block |
 * | 16 | u32 | places in a chunk file |
 * | 20 | u32 | 0 |
 * | 24 | f64 | generation: of two complete journals, the one with the larger number counts |
 * | 32 | 32 bytes | SHA-256 of everything before |
 *
 * A frame:
 *
 * | at | type | |
 * |---|---|---|
 * | 0 | u32 | length of the frame in bytes |
 * | 4 | u32 | kind, see below |
 * | 8 | f64 | generation of the journal |
 * | 16 | f64 | number of the frame in the journal, from 1 |
 * | 24 | f64 | number of the last frame that was durable when this one was written |
 * | 32 | f64 | number of the entry; 0 in kind 6 |
 * | 40 | f64 | when the entry was used last, in epoch milliseconds, in kinds 1 and 2; else 0 |
 * | 48 | | kind 1: record of the entry; kind 3: record of its content (`opfs-record.ts`) |
 * | last 32 bytes | | SHA-256 of everything before |
 *
 * | kind | says of an entry |
 * |---|---|
 * | 1 | that there is one, with this record |
 * | 2 | when it was used last |
 * | 3 | what its content is |
 * | 4 | that it has no content |
 * | 5 | that there is none any more |
 * | 6 | nothing: the journal is complete from here on |
 *
 * All numbers are little-endian. What is left of an older journal in the same file is of another
 * generation, and of a longer frame in the same place, of no digest.
 */
const MAGIC = Array.from('tidelogs', (character) => character.charCodeAt(0));
const VERSION = 1;
const DIGEST = 32;
/** Bytes of the header of a journal. */
export const HEADER = 64;
/** Bytes of a frame before what it carries. */
export const FRAME_HEAD = 48;

/** What a journal is told; see above. */
export type Frame =
  | { readonly kind: 'record'; readonly entry: number; readonly usedAt: number; readonly record: Uint8Array }
  | { readonly kind: 'used'; readonly entry: number; readonly usedAt: number }
  | { readonly kind: 'content'; readonly entry: number; readonly content: OpfsRecord }
  | { readonly kind: 'no content' | 'removed'; readonly entry: number }
  | { readonly kind: 'complete' };

const KINDS = ['record', 'used', 'content', 'no content', 'removed', 'complete'] as const;

/** Where a frame stands. */
export interface FramePlace {
  readonly generation: number;
  /** Of the frame in its journal, from 1. */
  readonly number: number;
  /** The number of the last frame that was durable when it was written. */
  readonly durable: number;
}

/** A frame as it was read. */
export interface FoundFrame extends FramePlace {
  readonly frame: Frame;
  /** In bytes. */
  readonly length: number;
}

/** What the header of a journal says. */
export type FoundHeader = { readonly generation: number } | { readonly reason: 'damaged' | 'format'; message: string };

export function encodeHeader(generation: number, { blockSize, chunkBlocks }: Geometry): Uint8Array {
  const bytes = new Uint8Array(HEADER);
  const view = new DataView(bytes.buffer);
  bytes.set(MAGIC);
  view.setUint32(8, VERSION, true);
  view.setUint32(12, blockSize, true);
  view.setUint32(16, chunkBlocks, true);
  view.setFloat64(24, generation, true);
  return signed(bytes);
}

/** Returns what the header at the start of `bytes` says, or why it cannot be used. */
export function decodeHeader(bytes: Uint8Array, { blockSize, chunkBlocks }: Geometry): FoundHeader {
  const header = bytes.subarray(0, HEADER);
  if (header.length < HEADER || !isSameBytes(header.subarray(0, MAGIC.length), MAGIC) || !isSigned(header)) {
    return { reason: 'damaged', message: 'it does not begin as a journal does' };
  }
  const view = viewOf(header);
  const version = view.getUint32(8, true);
  if (version !== VERSION) {
    return { reason: 'format', message: `it is of version ${version}, and this library reads version ${VERSION}` };
  }
  if (view.getUint32(12, true) !== blockSize || view.getUint32(16, true) !== chunkBlocks) {
    return { reason: 'format', message: 'its blocks or chunks have another size than those of this library' };
  }
  return { generation: view.getFloat64(24, true) };
}

export function encodeFrame(frame: Frame, place: FramePlace, geometry: Geometry): Uint8Array {
  const carried = carriedBy(frame, geometry);
  const bytes = new Uint8Array(FRAME_HEAD + carried.length + DIGEST);
  const view = viewOf(bytes);
  view.setUint32(0, bytes.length, true);
  view.setUint32(4, KINDS.indexOf(frame.kind) + 1, true);
  view.setFloat64(8, place.generation, true);
  view.setFloat64(16, place.number, true);
  view.setFloat64(24, place.durable, true);
  view.setFloat64(32, 'entry' in frame ? frame.entry : 0, true);
  view.setFloat64(40, 'usedAt' in frame ? frame.usedAt : 0, true);
  bytes.set(carried, FRAME_HEAD);
  return signed(bytes);
}

/** Returns the frame of a generation that begins at `at`; undefined if none does. */
export function decodeFrame(
  bytes: Uint8Array,
  at: number,
  generation: number,
  geometry: Geometry,
): FoundFrame | undefined {
  if (at + FRAME_HEAD + DIGEST > bytes.length) return undefined;
  const view = viewOf(bytes);
  const length = view.getUint32(at, true);
  if (view.getFloat64(at + 8, true) !== generation) return undefined;
  if (length < FRAME_HEAD + DIGEST || at + length > bytes.length) return undefined;
  const own = bytes.subarray(at, at + length);
  if (!isSigned(own)) return undefined;
  const kind = KINDS[view.getUint32(at + 4, true) - 1];
  const entry = view.getFloat64(at + 32, true);
  const usedAt = view.getFloat64(at + 40, true);
  const frame = frameOf(kind, entry, usedAt, own.slice(FRAME_HEAD, length - DIGEST), geometry);
  if (frame === undefined) return undefined;
  const number = view.getFloat64(at + 16, true);
  return { frame, length, generation, number, durable: view.getFloat64(at + 24, true) };
}

function carriedBy(frame: Frame, geometry: Geometry): Uint8Array {
  if (frame.kind === 'record') return frame.record;
  if (frame.kind === 'content') return numbered(encodeBody(frame.content, geometry), 1);
  return new Uint8Array();
}

function frameOf(
  kind: Frame['kind'] | undefined,
  entry: number,
  usedAt: number,
  carried: Uint8Array,
  geometry: Geometry,
): Frame | undefined {
  switch (kind) {
    case 'record':
      return { kind, entry, usedAt, record: carried };
    case 'used':
      return { kind, entry, usedAt };
    case 'content': {
      const content = decodeSlot(carried, geometry);
      return 'reason' in content ? undefined : { kind, entry, content };
    }
    case 'complete':
      return { kind };
    case 'no content':
    case 'removed':
      return { kind, entry };
    case undefined:
      return undefined;
  }
}

/** Puts the digest at the end. */
function signed(bytes: Uint8Array): Uint8Array {
  const end = bytes.length - DIGEST;
  bytes.set(sha256(bytes.subarray(0, end)), end);
  return bytes;
}

function isSigned(bytes: Uint8Array): boolean {
  return isSameBytes(sha256(bytes.subarray(0, bytes.length - DIGEST)), digestOf(bytes));
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}
