import type { ContentState } from '../control/content-state.js';
import { ControlOwner } from '../control/control-owner.js';
import { ControlReader } from '../control/control-reader.js';
import { MAGIC, MAGIC_AT, PROTOCOL, VERSION_AT } from '../control/layout.js';
import { StorageError } from '../errors/storage-error.js';
import { isShared } from '../memory/is-shared.js';
import type { ByteRange } from '../range/byte-range.js';

/** What is looked up of content, or of what it has lost. */
export type Ranges = Pick<ContentState, 'nextGap' | 'coveredUntil'>;

/**
 * Which bytes have made room for others, and nobody brings again: the coverage of a control block
 * of its own. So other threads look them up as they do those of the content. Ranges are half-open,
 * in bytes.
 *
 * Bytes stay in here even if they are written again all the same. They are gone if they are in here
 * and missing of the content ({@link goneError}). The owner adds bytes when it has uncovered them,
 * and then wakes who waits for them: a reader that looks in between finds them missing, and looks
 * once more.
 */
export class LostBytes {
  readonly #owner = new ControlOwner(true);

  /** Returns the block, to hand to other threads; undefined where memory is not shared. */
  share(): SharedArrayBuffer | undefined {
    return this.#owner.share();
  }

  /** In the owner's thread. */
  get ranges(): Ranges {
    return this.#owner.block;
  }

  add(start: number, end: number): void {
    this.#owner.cover(start, end);
  }
}

/** What a window has lost, in another thread. */
export function lostBytesIn(shared: SharedArrayBuffer): Ranges {
  return new ControlReader(shared);
}

/** True if it is what {@link LostBytes.share} gives; not so if somebody has made it up. */
export function isLostBytes(shared: unknown): shared is SharedArrayBuffer {
  if (!isShared(shared) || shared.byteLength < Int32Array.BYTES_PER_ELEMENT * (VERSION_AT + 1)) return false;
  const words = new Int32Array(shared, 0, VERSION_AT + 1);
  return words[MAGIC_AT] === MAGIC && words[VERSION_AT] === PROTOCOL;
}

/** `GONE` if `content` misses bytes of `[start, end)` that were lost. */
export function goneError(lost: Ranges, content: Ranges, start: number, end: number): StorageError | undefined {
  const range = goneIn(lost, content, start, end);
  if (range === undefined) return undefined;
  return new StorageError(
    'GONE',
    `Waited for [${start}, ${end}), and [${range.start}, ${range.end}) has made room for later bytes. ` +
      'Go on where nextGap() or coverage say that there are bytes.',
    { range },
  );
}

/** The first bytes of `[start, end)` that `content` misses and that were lost. */
function goneIn(lost: Ranges, content: Ranges, start: number, end: number): ByteRange | undefined {
  for (let gap = content.nextGap(start, end); gap !== undefined; gap = content.nextGap(gap.end, end)) {
    const never = lost.nextGap(gap.start, gap.end);
    const from = never?.start === gap.start ? never.end : gap.start;
    if (from < gap.end) return { start: from, end: Math.min(gap.end, lost.coveredUntil(from)) };
  }
  return undefined;
}
