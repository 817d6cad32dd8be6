/** `length` bytes, each telling its offset where the first is at `from`. */
export function bytes(length: number, from = 0): Uint8Array<ArrayBuffer> {
  return Uint8Array.from({ length }, (_, index) => (from + index) % 251);
}

/** `length` bytes of one value. */
export function filled(length: number, value = 1): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(value);
}

/** Whether both have the same bytes; `toEqual` takes seconds for a MiB. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, index) => byte === other[index]);
}
