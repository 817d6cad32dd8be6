import { streamUntil } from '../../operators/to-readable-stream.js';
import { MAX_OFFSET } from '../../range/byte-range.js';
import type { NeededBy } from '../../range/times.js';
import type { ResourceView } from '../../view/resource-view.js';
import { closeQuietly } from './close-quietly.js';
import { assertSameVersion, assertWhole, type PromisedContent } from './promised-content.js';

/** The most that a chunk holds, in bytes: four times the usual, so that fewer are made. */
const CHUNK = 256 * 1024;

/** How {@link bodyOf} streams. */
export interface BodyOptions {
  readonly signal: AbortSignal | undefined;
  readonly neededBy: NeededBy | undefined;
  /** Close the view at the end, whatever it is. */
  readonly close: boolean;
}

/**
 * The bytes that were promised as they come. A body of fewer bytes or of another version errors
 * with `CHANGED`.
 */
export function bodyOf(
  view: ResourceView,
  promised: PromisedContent,
  options: BodyOptions,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const { signal, neededBy, close } = options;
  const { start, end } = promised.range;
  return streamUntil(view, start, Math.min(end, MAX_OFFSET), {
    chunkSize: CHUNK,
    signal,
    neededBy,
    copied() {
      assertSameVersion(view, promised);
    },
    ended(position) {
      assertWhole(promised, position);
      if (close) view.close();
    },
    stopped() {
      if (close) closeQuietly(view);
    },
  });
}
