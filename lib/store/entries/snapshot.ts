import type { EntryDownload, StoreEntry } from '../store-entry.js';
import type { Item } from './item.js';

const PAUSED: EntryDownload = { state: 'paused', attempt: 1, bytesPerSecond: 0 };

/** What is told of an item: what was published last, as long as it says the same. */
export function snapshotOf(item: Item): StoreEntry {
  const { key, record, usedAt, bytes, leases, content, published } = item;
  const { state, coveredBytes, expectedLength, identity } = content;
  const { contentType, validatedAt, group, metadata, intent } = record;
  const entry: StoreEntry = {
    key,
    state,
    coveredBytes,
    expectedLength,
    identity,
    contentType,
    bytes,
    usedAt,
    validatedAt,
    group,
    pinned: item.isPinned,
    leases: leases.size,
    metadata,
    download: item.download ?? (intent?.state === 'paused' ? PAUSED : undefined),
  };
  if (published !== undefined && isSame(published, entry)) return published;
  return Object.freeze(entry);
}

function isSame(one: StoreEntry, other: StoreEntry): boolean {
  return (Object.keys(other) as (keyof StoreEntry)[]).every((name) => Object.is(one[name], other[name]));
}
