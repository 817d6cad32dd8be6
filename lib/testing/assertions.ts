/** The conformance kit has assertions of its own: it must not depend on a test runner. */

/** Throws unless both are the same value. */
export function expectSame(found: unknown, expected: unknown, what: string): void {
  if (!Object.is(found, expected)) throw new Error(`${what}: expected ${String(expected)}, got ${String(found)}`);
}

/** Throws unless both hold the same bytes; the message names the first that differs. */
export function expectBytes(found: Uint8Array, expected: Uint8Array, what: string): void {
  expectSame(found.length, expected.length, `${what}, length in bytes`);
  const at = expected.findIndex((byte, index) => byte !== found[index]);
  if (at >= 0) throw new Error(`${what}: byte ${at} is ${String(found[at])}, expected ${String(expected[at])}`);
}

/** Returns bytes that differ by offset and by seed. */
export function pattern(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * 31 + (index >> 8) * 7 + seed * 101) & 0xff;
  return bytes;
}

/**
 * Returns a generator of numbers in `[0, below)`; a seed gives the same ones each time (Lehmer).
 */
export function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % below;
  };
}
