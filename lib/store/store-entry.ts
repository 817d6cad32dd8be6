import type { StorageError } from '../errors/storage-error.js';
import type { DownloadProgress } from '../http/download/download-progress.js';
import type { ByteRange } from '../range/byte-range.js';
import type { Metadata } from './entry-record.js';

/** How the download of an entry is getting on. */
export interface EntryDownload {
  /**
   * As of a download, and `failed`: it has ended with {@link lastError}, and goes on when it is
   * asked for again. `queued`: there is no room for it, or its requests wait for those of others.
   * `paused`: by `pause`, or by the downloader.
   */
  readonly state: DownloadProgress['state'] | 'failed';
  /** 1, and one more for each failure since a new byte has come. */
  readonly attempt: number;
  /** How fast it comes. */
  readonly bytesPerSecond: number;
  /** Milliseconds to go at this rate, where that is known. */
  readonly etaMs?: number;
  /** Why a request has failed last. */
  readonly lastError?: StorageError;
}

/** One entry as it is at one moment: the same object until something of it changes. */
export interface StoreEntry<M extends Metadata = Metadata> {
  /** What it is asked for by. */
  readonly key: string;
  /** Whether all of its content is there. */
  readonly state: 'partial' | 'complete';
  /** How many bytes of its content are there. */
  readonly coveredBytes: number;
  /** The total in bytes, where it is known; the final length once complete. */
  readonly expectedLength: number | undefined;
  /** Names the version of the content, where it is known. */
  readonly identity: string | undefined;
  /** The media type, where it is known. */
  readonly contentType: string | undefined;
  /** How many bytes it takes where it is stored, with all that belongs to it. */
  readonly bytes: number;
  /** When it was leased last, in epoch milliseconds; never the same for two entries. */
  readonly usedAt: number;
  /** When it was known last to be what the server has, in epoch milliseconds. */
  readonly validatedAt: number | undefined;
  /** What it has in common with others, for its app and for `by: 'group'`. */
  readonly group: string | undefined;
  /** It is not evicted. */
  readonly pinned: boolean;
  /** How many leases there are of it. */
  readonly leases: number;
  /** What its app says of it. */
  readonly metadata: Readonly<M>;
  /** Undefined where nothing is to be downloaded. */
  readonly download: EntryDownload | undefined;
}

/** Something that has happened to an entry. */
export interface StoreChange<M extends Metadata = Metadata> {
  /**
   * - `added`: the key is new;
   * - `complete`: all of its content is there;
   * - `evicted`: for room, all of it (then there is no {@link entry}) or {@link ranges} of it;
   * - `replaced`: it has the content of a newer version;
   * - `removed`: by `remove`, or since it was damaged;
   * - `failed`: its download has.
   */
  readonly kind: 'added' | 'complete' | 'evicted' | 'replaced' | 'removed' | 'failed';
  /** Whose entry it is. */
  readonly key: string;
  /** The entry as it is after the change; undefined if it has gone. */
  readonly entry: StoreEntry<M> | undefined;
  /** What was evicted, half-open, in bytes, if that was not all. */
  readonly ranges?: readonly ByteRange[];
  /** Why, for people. */
  readonly reason?: string;
}

/** What a store takes. */
export interface StoreUsage {
  /** What all that it keeps takes where it is stored, in bytes. */
  readonly bytes: number;
  /** How much of that could be evicted now. */
  readonly reclaimableBytes: number;
  /** The most that it may take. */
  readonly maxBytes: number | undefined;
}
