import type { ContentState } from '../control/content-state.js';
import { StorageError } from '../errors/storage-error.js';
import type { ByteRange } from '../range/byte-range.js';

/** Returns the error of a wait for `[start, end)` of which bytes went that nobody brings again. */
export function goneError(
  state: Pick<ContentState, 'lostUntil' | 'nextGap'>,
  start: number,
  end: number,
): StorageError {
  const gap = state.nextGap(start, end);
  const range = { start: gap?.start ?? start, end: Math.min(gap?.end ?? end, state.lostUntil) };
  return new StorageError(
    'GONE',
    `Waited for [${start}, ${end}), and [${range.start}, ${range.end}) has made room for later bytes. ` +
      'Go on where nextGap() or coverage say that there are bytes.',
    { range },
  );
}

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
