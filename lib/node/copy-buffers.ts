/** The most that is copied at once, in bytes; more is no faster (measured). */
const LARGEST = 2 ** 20;
const SMALLEST = 64 * 1024;
/** What all bodies under way may hold, in bytes; each may hold {@link SMALLEST} besides. */
const AT_ONCE = 64 * 2 ** 20;
/** How many free buffers are kept: memory that is new costs three times a copy (measured). */
const KEPT = 8;

const free: Uint8Array<ArrayBuffer>[] = [];
let held = 0;

/** Counts what a body holds more, or less, than before, in bytes. */
export function countHeld(more: number): void {
  held += more;
}

/** How much a body may copy at once, in bytes: less, the more the others hold. */
export function copySize(): number {
  return Math.max(SMALLEST, Math.min(LARGEST, Math.floor((AT_ONCE - held) / 16)));
}

/** A buffer of `length` bytes or more; what it has is anybody's. */
export function takeBuffer(length: number): Uint8Array<ArrayBuffer> {
  const kept = free.pop();
  return kept !== undefined && kept.length >= length ? kept : newBuffer(length);
}

/** A buffer of its own; what it has is nobody's. */
export function newBuffer(length: number): Uint8Array<ArrayBuffer> {
  return Buffer.allocUnsafeSlow(length);
}

/** Takes a buffer back that nobody reads any more. */
export function giveBuffer(buffer: Uint8Array<ArrayBuffer>): void {
  if (free.length < KEPT && buffer.length >= SMALLEST) free.push(buffer);
}
