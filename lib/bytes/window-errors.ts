import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';

/** Throws `CAPACITY` for more bytes than a window can keep for one wait or hold. */
export function checkFits(asked: string, { start, end }: ByteRange, longest: number): void {
  if (end - start <= longest) return;
  throw new StorageError(
    'CAPACITY',
    `${asked} [${start}, ${end}), and this window keeps at most ${longest} bytes for one. ` +
      'Ask for less at a time, read() the bytes, or give it a larger maxBytes.',
    { range: { start, end } },
  );
}
