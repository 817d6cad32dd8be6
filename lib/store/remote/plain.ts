import { fromPlainError, toPlainError } from '../../errors/plain-error.js';
import { StorageError } from '../../errors/storage-error.js';
import type { DownloadOptions } from '../../http/download/download-options.js';
import { checkUrl, type DownloadUrl } from '../../http/download/request/source-url.js';
import type { ResolvedSource } from '../downloads/sources.js';
import type { StoreEntry } from '../store-entry.js';
import type { AcquireOptions } from '../store-options.js';
import { ASK, type SentEntry, type SentOptions, type SentSource, type SentUrl } from './messages.js';

/** What a message cannot carry, and where it can be given instead. */
const STAYS = { accept: 'a function', fetch: 'a function', signal: 'an AbortSignal' } as const;

/** Returns what is to be sent of an entry. */
export function toSentEntry(entry: StoreEntry): SentEntry {
  const { download, ...rest } = entry;
  if (download === undefined) return { ...rest, download };
  const { lastError, ...others } = download;
  return { ...rest, download: { ...others, ...(lastError !== undefined && { lastError: toPlainError(lastError) }) } };
}

/** Returns the entry that was sent. */
export function fromSentEntry({ download, metadata, ...rest }: SentEntry): StoreEntry {
  const entry = { ...rest, metadata: Object.freeze(metadata) };
  if (download === undefined) return Object.freeze({ ...entry, download });
  const { lastError, ...others } = download;
  const error = lastError && fromPlainError(lastError);
  return Object.freeze({ ...entry, download: { ...others, ...(error !== undefined && { lastError: error }) } });
}

/** Returns what is to be sent of options, as they are now: they may be sent later, and again. */
export function toSentOptions({ url, range, metadata, signal: _, ...options }: AcquireOptions): SentOptions {
  return {
    ...options,
    ...(url !== undefined && { url: toSentUrl(url) }),
    ...(range !== undefined && { range: { start: range.start, end: range.end } }),
    ...(metadata !== undefined && { metadata: { ...metadata } }),
  };
}

/** Throws `INVALID_ARGUMENT` for an address that is none; one of a page's own is sent in full. */
export function toSentUrl(url: DownloadUrl): SentUrl {
  return typeof url === 'function' ? ASK : checkUrl(url);
}

/** Returns what is to be sent of a source. Throws `INVALID_ARGUMENT` for what cannot be. */
export function toSentSource({ url, headers, ...options }: ResolvedSource, key: string): SentSource {
  for (const [name, what] of Object.entries(STAYS)) {
    if (options[name as keyof typeof STAYS] !== undefined) throw staysError(key, `${what} as \`${name}\``);
  }
  if (typeof headers === 'function') throw staysError(key, 'a function as `headers`');
  const sent = {
    ...options,
    url: toSentUrl(url),
    ...(headers !== undefined && { headers: [...new Headers(headers)] }),
  };
  try {
    return structuredClone(sent);
  } catch (error) {
    throw staysError(key, 'an option that cannot', error);
  }
}

/** Returns the source that was sent. */
export function fromSentSource({ url, headers, ...options }: SentSource, ask: () => Promise<string>): ResolvedSource {
  const given: DownloadOptions = headers === undefined ? options : { ...options, headers: [...headers] };
  return { ...given, url: fromSentUrl(url, ask) };
}

export function fromSentUrl(url: SentUrl, ask: () => Promise<string>): DownloadUrl {
  return typeof url === 'string' ? url : ask;
}

function staysError(key: string, found: string, cause?: unknown): StorageError {
  return new StorageError(
    'INVALID_ARGUMENT',
    `Expected source(${JSON.stringify(key).slice(0, 80)}) to return what can be sent to the store, got ${found}. ` +
      'Let the source of the store itself give it, where the store is opened.',
    { cause },
  );
}
