import { STAMP_BLOCK, STAMPS } from '../control/layout.js';

/**
 * The shared cache: copies of cold blocks in memory that all threads read, of a fixed size. The
 * owner fills it when readers ask for bytes, so that small reads that follow each other do not ask
 * for each of them.
 *
 * A block of the content may lie in one of {@link WAYS} slots. Each slot has an entry, which says
 * which block is in it. Blocks have stamps, too, of the kind of `control/stamps.ts`.
 *
 * **The order.** The owner, to put block Y into the slot of block X:
 *
 * A. takes X out: stores 0 in the entry of the slot;
 * B. adds 1 to the stamp of X;
 * C. copies Y into the slot: plain stores;
 * D. stores Y in the entry.
 *
 * A reader, for each copy:
 *
 * 1. loads the stamps of all blocks that it may copy from;
 * 2. loads the entries, up to the first block that is in no slot;
 * 3. copies from the slots that it has found in 2: plain loads;
 * 4. adds 0 to the same stamps. If any has changed since 1, it starts over at 1.
 *
 * **Why it never returns bytes of another block.** It is the argument of `control/stamps.ts`, word
 * for word, with «is in a slot» in the place of «is covered».
 *
 * **Bytes that are written anew** the owner writes into the slot, too, before they are covered. A
 * read during such a write may see either, as over every driver. So a slot has all bytes of its
 * block that are covered, whenever they came. What is in it of others is not read: coverage says
 * which are there, and each thread looks at that first.
 *
 * **Content that is replaced** is taken out (A and B) within the update of the control block that
 * makes the new content count, whose generation every reader compares.
 */

/** Bytes in a block, and in a slot. A stamp is for one of the same size. */
export const CACHE_BLOCK = STAMP_BLOCK;
/** In how many slots a block may lie. */
const WAYS = 4;
const ENTRY_BYTES = 4;

/** A cache, in either thread. */
export interface CacheMemory {
  /** The stamps, then an entry for each slot: the number of its block plus 1, or 0. */
  readonly words: Int32Array;
  readonly slots: Uint8Array;
  readonly slotCount: number;
}

/** How many bytes a cache of `slotCount` slots takes. */
export function cacheBytesOf(slotCount: number): number {
  return slotsAt(slotCount) + slotCount * CACHE_BLOCK;
}

/** Returns the parts of a cache; undefined for memory that is none. */
export function cacheIn(buffer: SharedArrayBuffer): CacheMemory | undefined {
  const { byteLength } = buffer;
  const slotCount = Math.floor((byteLength - STAMPS * ENTRY_BYTES) / (CACHE_BLOCK + ENTRY_BYTES));
  if (slotCount < 1 || cacheBytesOf(slotCount) !== byteLength) return undefined;
  const at = slotsAt(slotCount);
  return { words: new Int32Array(buffer, 0, at >> 2), slots: new Uint8Array(buffer, at), slotCount };
}

/** The first of the slots that a block may lie in, and how many there are. */
export function waysOf(block: number, slotCount: number): { first: number; count: number } {
  const count = Math.min(WAYS, slotCount);
  return { first: (block % Math.floor(slotCount / count)) * count, count };
}

/** Where the entry of a slot lies. */
export function entryAt(slot: number): number {
  return STAMPS + slot;
}

/** Where the slots begin: at a multiple of what a processor copies at once. */
function slotsAt(slotCount: number): number {
  return Math.ceil((STAMPS + slotCount) / 16) * 64;
}
