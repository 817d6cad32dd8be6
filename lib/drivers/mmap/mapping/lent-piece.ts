/** Bytes of somebody else's memory, for as long as they are not released. */
export interface LentPiece {
  readonly bytes: Uint8Array;
  /** Ends the loan: the bytes must not be touched again. Idempotent. */
  release(): void;
}

/** Lends pieces of a committed file, and reads it without touching a mapping. */
export interface Lender {
  /**
   * Lends at most `length` bytes at `offset`; fewer where a mapping ends. Undefined where nothing
   * maps them.
   */
  lend(offset: number, length: number): LentPiece | undefined;
  /** Fills `target` by positional reads; throws `IO` if the file was made shorter. */
  readUnmapped(offset: number, target: Uint8Array): void;
}

/**
 * By the driver, or its attach side, whose bytes they are. Not a member of these: what wraps a
 * driver may read other bytes than it stores, and must not hand on a loan by inheriting it.
 */
const lenders = new WeakMap<object, () => Lender | undefined>();

/** @param current - returns who lends the committed bytes at the moment, if they are committed */
export function lendsFrom(stored: object, current: () => Lender | undefined): void {
  lenders.set(stored, current);
}

/** Returns who lends the bytes that `stored` reads at the moment, if somebody does. */
export function lenderOf(stored: object): Lender | undefined {
  return lenders.get(stored)?.();
}
