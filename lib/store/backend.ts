import type { Driver } from '../drivers/driver.js';
import type { EntryRecord } from './entry-record.js';

/** What a backend has of one entry. Lengths are in bytes. */
export interface StoredEntry {
  /** What {@link StoreBackend.nameOf} gave for its key. */
  readonly name: string;
  /** What was stored for it last. */
  readonly record: EntryRecord;
  /** When it was used last, in epoch milliseconds. */
  readonly usedAt: number;
  /** See {@link StoreBackend.count}. */
  readonly bytes: number;
  /** Whether all of it is there, and committed. */
  readonly state: 'partial' | 'complete';
  /** How much of its content is there. */
  readonly coveredBytes: number;
  /** The total, where it is known; the final length once complete. */
  readonly expectedLength: number | undefined;
  /** Names the version of the content, where it is known. */
  readonly identity: string | undefined;
}

/** An entry that was removed when its backend was opened. */
export interface DroppedEntry {
  /** Its key, where that could still be read; else the name of what was found. */
  readonly key: string;
  /** Why, for people. */
  readonly reason: string;
}

/** What a backend was found to have. */
export interface StoredEntries {
  /** What can be used. */
  readonly entries: readonly StoredEntry[];
  /** What could not be used, and was removed. */
  readonly dropped: readonly DroppedEntry[];
  /** What is there and is not the store's: it is never touched. */
  readonly strangers: readonly string[];
}

/** How a backend makes a driver. */
export interface BackendDriverOptions {
  /** Nothing is stored under the name: what costs a look need not be looked for. */
  readonly isFresh: boolean;
  /**
   * New content beside the complete one, which stays until the commit. Only where
   * {@link StoreBackend.replaces}.
   */
  readonly replaces: boolean;
  /** Asked at each commit: it is to be durable when it returns. */
  readonly isDurable: () => boolean;
}

/**
 * Where a store keeps its entries: for each a driver's content and a record, both under one name.
 *
 * A store calls {@link open} first, which claims the backend, and {@link close} last. The calls in
 * between are for names of entries that it knows. What a call throws or rejects with is a
 * `StorageError` (`NO_SPACE`, `IO` …), and then it has changed nothing.
 *
 * `storeConformance` in `tidemark/testing` checks all of this.
 *
 * **What has to survive.** The end of the process, at any moment: a record that was stored, and
 * content as its driver keeps it. The end of the machine: what {@link syncContent},
 * {@link storeDurably} and {@link syncNames} have been resolved for. What the store does not know
 * to have survived it does not believe, by means of {@link boot}.
 */
export interface StoreBackend {
  /** Names the present start of the machine; another each time where nobody can tell. */
  readonly boot: string;
  /** {@link driver} can write new content beside the complete one. */
  readonly replaces: boolean;
  /** In which unit {@link count} grows, in bytes. */
  readonly blockBytes: number;
  /** The most that an entry takes beside its content, in bytes. */
  readonly overheadBytes: number;
  /**
   * Claims the backend, and lists what is there. Rejects with `CLAIMED` while another store has it.
   */
  open(): Promise<StoredEntries>;
  /** The name of a key: for two keys never the same, and always the same for one. */
  nameOf(key: string): string;
  /** Makes the driver of an entry; the store opens it. */
  driver(name: string, options: BackendDriverOptions): Driver;
  /** Stores the first record of an entry. Nothing is stored under the name before. */
  storeFirst(name: string, record: EntryRecord, usedAt: number): void;
  /** Stores a record in place of the one before, in one step. */
  store(name: string, record: EntryRecord, usedAt: number): void;
  /**
   * As {@link store}, and the record is durable then, but for its name. It is put in place only if
   * `wanted` says so at that moment, and returns whether it was.
   */
  storeDurably(name: string, record: EntryRecord, usedAt: () => number, wanted: () => boolean): Promise<boolean>;
  /** Keeps when an entry was used last. */
  touch(name: string, usedAt: number): void;
  /** Makes committed content durable, but for its name. */
  syncContent(name: string): Promise<void>;
  /** Makes all names durable, and that of what was removed there is none. */
  syncNames(): Promise<void>;
  /**
   * How many bytes all that is stored under a name takes: content, record, and what belongs to
   * them.
   */
  count(name: string): number;
  /**
   * Removes all that is stored under a name: there is no such entry from the moment that it begins.
   * Its driver is closed.
   */
  remove(name: string): void;
  /** How many bytes others may still store where this backend does; undefined if unknown. */
  freeBytes(): number | undefined;
  /** Gives the claim back. */
  close(): Promise<void>;
}
