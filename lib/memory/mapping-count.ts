import { StorageError } from '../errors/storage-error.js';

/**
 * How many growable shared buffers this thread may hold.
 *
 * Each costs two of the 65,530 mappings that Linux gives a process (`vm.max_map_count`; measured: 20,000 buffers, 40,130
 * mappings), and a process that runs out of them is aborted by V8. This leaves some 15,000 to everything else.
 */
const SAFE_BUFFERS = 25_000;

let held = 0;
const released = new FinalizationRegistry<undefined>(() => {
  held -= 1;
});

/** Counts a growable shared buffer until it is collected; throws `CAPACITY` past the safe number. */
export function countMapping(buffer: SharedArrayBuffer): void {
  if (held >= SAFE_BUFFERS) {
    throw new StorageError(
      'CAPACITY',
      `This thread holds ${held} growable shared buffers, two for each open resource, and the operating system limits ` +
        'the mappings of a process. Close resources and let the event loop run, or open them with `shared: false`.',
    );
  }
  held += 1;
  released.register(buffer, undefined);
}
