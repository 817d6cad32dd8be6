import { checkOptionNames } from '../errors/check-option-names.js';
import { checkOptions } from '../errors/check-options.js';
import { invalidArgument, wrongType } from '../errors/invalid-argument.js';
import type { DownloadOptions } from '../http/download/download-options.js';
import type { DownloadUrl } from '../http/download/request/source-url.js';
import { checkUrl } from '../http/download/request/source-url.js';
import { type DownloadPriority, PRIORITIES } from '../http/downloader/active-download.js';
import type { Downloader } from '../http/downloader/downloader.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import { checkSignal } from '../waits/abort.js';
import type { StoreBackend } from './backend.js';
import type { Metadata } from './entry-record.js';
import type { StoreEntry } from './store-entry.js';

/**
 * Where the content of an entry is fetched from, and how. The store decides on `range`, `commit`,
 * `onError` and `revalidate` itself.
 */
export type StoreSource = DownloadUrl | (DownloadOptions & StoreUrl);

/** Where the content of an entry is fetched from. */
export interface StoreUrl {
  /** As `download` takes it. */
  readonly url: DownloadUrl;
}

/** How to acquire or download an entry. */
export interface AcquireOptions<M extends Metadata = Metadata> {
  /**
   * Where its content is; by default what the store's `source` says. It stands in place of all that
   * `source` would say: its headers and other options are not sent to another host.
   */
  readonly url?: DownloadUrl | undefined;
  /**
   * Of `acquire`: fetch what is missing, for as long as there is a lease. `@default` false: nothing
   * is fetched, and what is waited for stays in `demand$`
   */
  readonly download?: boolean | undefined;
  /** What it is fetched for. `@default` 'playback', of an intent 'background' */
  readonly priority?: DownloadPriority | undefined;
  /** The part to fetch, half-open, in bytes. `@default` everything */
  readonly range?: ByteRange | undefined;
  /**
   * How old complete content may be without asking whether the server still has it, in
   * milliseconds. If it has another version, that is fetched first; if it cannot be asked, what is
   * there is served. `@default` Infinity
   */
  readonly maxAge?: number | undefined;
  /** Sets the group of the entry. */
  readonly group?: string | undefined;
  /** Merged into the metadata of the entry. */
  readonly metadata?: Partial<M> | undefined;
  /** Sets the media type of the entry; by default that of the first answer. */
  readonly contentType?: string | undefined;
  /** Aborting it ends the call with `CANCELLED`; a lease is not affected. */
  readonly signal?: AbortSignal | undefined;
}

/** What to change of an entry. */
export interface EntryUpdate<M extends Metadata = Metadata> {
  /** Merged into its metadata. */
  readonly metadata?: Partial<M> | undefined;
  /** Its group from now on. */
  readonly group?: string | undefined;
}

/** How to open a store. */
export interface StoreOptions<M extends Metadata = Metadata> {
  /** The most that it may take where it is stored, in bytes. `@default` no limit */
  readonly maxBytes?: number | undefined;
  /**
   * How much room of the file system is left to others, in bytes. Backends that know no file system
   * ignore it. `@default` 0
   */
  readonly minFreeBytes?: number | undefined;
  /** What is evicted together: each entry by itself, or whole groups. `@default` 'entry' */
  readonly by?: 'entry' | 'group' | undefined;
  /** Downloads for the store, and for whoever else uses it. `@default` one of the store's own */
  readonly downloader?: Downloader | undefined;
  /**
   * Says where the content of a key is: asked whenever bytes are to be fetched. Undefined: nobody
   * knows.
   */
  readonly source?: ((key: string, entry: StoreEntry<M> | undefined) => StoreSource | undefined) | undefined;
}

const ACQUIRE = [
  'url',
  'download',
  'priority',
  'range',
  'maxAge',
  'group',
  'metadata',
  'contentType',
  'signal',
] as const;

/** Throws `INVALID_ARGUMENT`, `INVALID_RANGE`, or a `TypeError` for what TypeScript rejects. */
export function checkAcquire<M extends Metadata>(options: AcquireOptions<M>): void {
  checkOptionNames(options, ACQUIRE);
  const { url, download, priority, range, maxAge, group, metadata, contentType, signal } = options;
  if (url !== undefined && typeof url !== 'function') checkUrl(url);
  if (download !== undefined && typeof download !== 'boolean') throw wrongType('download', 'a boolean', download);
  if (priority !== undefined && !PRIORITIES.includes(priority)) {
    throw invalidArgument('priority', PRIORITIES.map((name) => `'${name}'`).join(', '), priority);
  }
  if (range !== undefined) checkedRange(range);
  if (maxAge !== undefined && !(typeof maxAge === 'number' && maxAge >= 0)) {
    throw invalidArgument('maxAge', 'milliseconds >= 0', maxAge);
  }
  checkText('group', group);
  checkText('contentType', contentType);
  checkMetadata(metadata);
  checkSignal(signal);
}

/** Throws as {@link checkAcquire} does. */
export function checkStoreOptions<M extends Metadata>(options: StoreOptions<M>): void {
  checkOptionNames(options, ['maxBytes', 'minFreeBytes', 'by', 'downloader', 'source']);
  const { maxBytes, minFreeBytes, by = 'entry', downloader, source } = options;
  checkBytes('maxBytes', maxBytes);
  checkBytes('minFreeBytes', minFreeBytes);
  if (!['entry', 'group'].includes(by)) throw invalidArgument('by', "'entry' or 'group'", by);
  if (downloader !== undefined && typeof (downloader as Partial<Downloader> | null)?.download !== 'function') {
    throw wrongType('downloader', 'a Downloader', downloader);
  }
  if (source !== undefined && typeof source !== 'function') throw wrongType('source', 'a function', source);
}

/** Throws a `TypeError` for what is no backend. */
export function checkBackend(backend: StoreBackend): void {
  if (typeof (backend as Partial<StoreBackend> | null | undefined)?.nameOf === 'function') return;
  throw wrongType('backend', 'a StoreBackend (memoryBackend(), say)', backend);
}

/** Throws as {@link checkAcquire} does. */
export function checkUpdate<M extends Metadata>(change: EntryUpdate<M>): void {
  if ((change as unknown) === undefined) throw wrongType('change', 'an object', change);
  checkOptionNames(change, ['metadata', 'group']);
  checkMetadata(change.metadata);
  checkText('group', change.group);
}

/** Throws as {@link checkAcquire} does. */
export function checkPin(pinned: boolean, options: { readonly until?: number | undefined }): void {
  checkOptionNames(options, ['until']);
  const { until } = options;
  if (typeof pinned !== 'boolean') throw wrongType('pinned', 'a boolean', pinned);
  if (until !== undefined && !Number.isFinite(until)) throw invalidArgument('until', 'epoch milliseconds', until);
}

/** Throws `INVALID_ARGUMENT` for what is no number of bytes. */
export function checkBytes(name: string, bytes: number | undefined): void {
  if (bytes === undefined || (typeof bytes === 'number' && bytes >= 0)) return;
  throw invalidArgument(name, 'undefined or bytes >= 0', bytes);
}

/** Throws a `TypeError` for what is no text. */
export function checkText(name: string, value: string | undefined): void {
  if (value !== undefined && typeof value !== 'string') throw wrongType(name, 'a string', value);
}

/** Throws a `TypeError` for what names no entries. */
export function checkWhich(which: string | { readonly group: string }): void {
  if (typeof which === 'string') return;
  const given: unknown = which;
  if (typeof given !== 'object' || given === null) throw wrongType('which', 'a key or { group }', which);
  checkOptions(which, ['group']);
  if (typeof which.group !== 'string') throw wrongType('group', 'a string', which.group);
}

/** Throws a `TypeError` for a key that is none. */
export function checkKey(key: string): void {
  if (typeof key !== 'string') throw wrongType('key', 'a string', key);
}

/** Throws a `TypeError` for values that a record cannot keep. */
export function checkMetadata(metadata: Metadata | Partial<Metadata> | undefined): void {
  const given: unknown = metadata;
  if (given === undefined) return;
  if (typeof given !== 'object' || given === null) throw wrongType('metadata', 'an object', given);
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || ['string', 'boolean'].includes(typeof value) || Number.isFinite(value)) continue;
    throw wrongType(`metadata.${name}`, 'a string, a boolean or a finite number', value);
  }
}
