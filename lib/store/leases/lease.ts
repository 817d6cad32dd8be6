import type { ResourceView } from '../../view/resource-view.js';
import type { Resource } from '../../resource/resource.js';

/**
 * A view of the content of one entry, for as long as it is not closed. All leases of an entry share
 * one resource; while there is one, the entry is not evicted.
 *
 * It ends by {@link Lease.close}; with `CLOSED` when the entry is removed or the store closed; and
 * with `CHANGED` when it turns out that partial content is of an older version. What waits or reads
 * then ends with that error, and its status says closed.
 */
export interface Lease extends ResourceView {
  /** The key that was asked for. */
  readonly key: string;
  /** The media type (`audio/flac`), where it is known. */
  readonly contentType: string | undefined;
  /**
   * The owner's side, where the store runs in this thread: to write, to make ports, to see
   * `demand$`. It belongs to the store: its `close`, `discard` and `fail` throw `INVALID_ARGUMENT`.
   */
  readonly resource: Resource | undefined;
  /** Gives it back. The entry stays. Idempotent. */
  close(): void;
}
