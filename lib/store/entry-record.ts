import type { DownloadPriority } from '../http/downloader/active-download.js';
import type { ByteRange } from '../range/byte-range.js';

/** Values that say something about an entry to its app. */
export type Metadata = Record<string, string | number | boolean>;

/** That an entry is to be downloaded, until it is complete. */
export interface Intent {
  /** `paused`: not now. */
  readonly state: 'active' | 'paused';
  /** What it is fetched for. */
  readonly priority: DownloadPriority;
  /** The part to fetch, half-open, in bytes; undefined: everything. */
  readonly range?: ByteRange | undefined;
  /** Where from, where the store's `source` does not know. */
  readonly url?: string | undefined;
}

/** What a store keeps of an entry beside its bytes. */
export interface EntryRecord {
  /** What it is asked for by. */
  readonly key: string;
  /** See `StoreEntry`. */
  readonly group: string | undefined;
  /** The media type, where it is known. */
  readonly contentType: string | undefined;
  /** What its app says of it. */
  readonly metadata: Readonly<Metadata>;
  /** When it was known last to be what the server has, in epoch milliseconds. */
  readonly validatedAt: number | undefined;
  /** True, or until when, in epoch milliseconds. */
  readonly pinned: boolean | number;
  /** Undefined where it is not to be downloaded. */
  readonly intent: Intent | undefined;
  /**
   * The start of the machine in which it was written ({@link StoreBackend.boot}); undefined once
   * the entry is durable.
   */
  readonly boot: string | undefined;
}
