/**
 * How many memory mappings this thread may hold.
 *
 * Linux gives a process 65,530 (`vm.max_map_count`), and V8 aborts one that runs out of them. A
 * growable shared buffer costs two (measured: 20,000 buffers, 40,130 mappings), a mapped segment of
 * a file one. This leaves some 15,000 to everything else.
 */
const SAFE_MAPPINGS = 50_000;
/** How many mappings one growable shared buffer takes (measured). */
export const MAPPINGS = 2;

let taken = 0;
const collected = new FinalizationRegistry<number>((count) => {
  taken -= count;
});

/**
 * Counts mappings that are about to be made. Returns false, and counts nothing, if there would be
 * too many: then do not make them.
 */
export function takeMappings(count: number): boolean {
  if (taken + count > SAFE_MAPPINGS) return false;
  taken += count;
  return true;
}

/** Counts mappings that are gone. */
export function releaseMappings(count: number): void {
  taken -= count;
}

/** Counts mappings as gone once the buffer that shows them is collected. */
export function releaseWhenCollected(buffer: ArrayBufferLike, count: number): void {
  collected.register(buffer, count);
}
