/**
 * Tests in a browser are about memory.
 *
 * @template M
 * @param {{ MemDriver: new (options: { initialData?: Uint8Array }) => M }} classes
 * @param {Uint8Array} [initialData]
 * @returns {M}
 */
export function testedDriver({ MemDriver }, initialData) {
  return new MemDriver({ initialData });
}

export function testedFolder() {
  return undefined;
}

export function isWindowTested() {
  return false;
}
