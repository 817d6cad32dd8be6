import type { JournalEntry } from '../../drivers/opfs/pool/journal-state.js';
import type { OpenedPool } from '../../drivers/opfs/pool/open-pool.js';
import { sha256 } from '../../drivers/opfs/sha256.js';
import type { DroppedEntry, StoredEntry } from '../../store/backend.js';
import type { EntryRecord } from '../../store/entry-record.js';
import { decodeEntry } from '../../store/record-codec.js';

/** What a pool has of a store. */
export interface FoundEntries {
  readonly entries: readonly StoredEntry[];
  readonly dropped: readonly DroppedEntry[];
  readonly strangers: readonly string[];
  /** The numbers of the entries in the journal, by their names. */
  readonly ids: Map<string, number>;
}

/**
 * Lists what a pool has of a store, and removes what cannot be used. The record of a newer version
 * of this library is left alone, with its content.
 *
 * @param countOf - how many bytes an entry takes
 */
export function storedEntries(
  { pool, journal, refused, damage, strangers }: OpenedPool,
  countOf: (entry: JournalEntry) => number,
): FoundEntries {
  const entries: StoredEntry[] = [];
  const dropped: DroppedEntry[] = refused.map(({ entry, reason }) => ({ key: keyOf(entry), reason }));
  if (damage !== undefined && refused.length === 0) dropped.push({ key: pool.path, reason: `${damage}.` });
  const newer: string[] = [];
  const ids = new Map<string, number>();
  for (const entry of [...journal.state.entries.values()]) {
    const record = decodeEntry(entry.record, sha256);
    if ('reason' in record && record.reason === 'format') {
      newer.push(`entry ${entry.id}`);
      continue;
    }
    const reason = whyNot(record, ids);
    if ('reason' in record || reason !== undefined) {
      dropped.push({ key: keyOf(entry), reason: reason ?? '' });
      pool.remove(entry.id);
      continue;
    }
    ids.set(record.key, entry.id);
    entries.push(storedEntry(record, entry, countOf(entry)));
  }
  return { entries, dropped, strangers: [...strangers, ...newer], ids };
}

function whyNot(record: ReturnType<typeof decodeEntry>, ids: ReadonlyMap<string, number>): string | undefined {
  if ('reason' in record) return `Its record is damaged: ${record.message}.`;
  return ids.has(record.key) ? 'There are two of its key.' : undefined;
}

function keyOf({ id, record: bytes }: JournalEntry): string {
  const record = decodeEntry(bytes, sha256);
  return 'reason' in record ? `entry ${id}` : record.key;
}

function storedEntry(record: EntryRecord, { usedAt, content }: JournalEntry, bytes: number): StoredEntry {
  const common = { name: record.key, record, usedAt, bytes };
  if (content?.committedLength !== undefined) {
    const { committedLength: length } = content;
    return {
      ...common,
      state: 'complete',
      coveredBytes: length,
      expectedLength: length,
      identity: content.content.identity,
    };
  }
  let coveredBytes = 0;
  for (const { start, end } of content?.content.coverage ?? []) coveredBytes += end - start;
  const { expectedLength, identity } = content?.content ?? {};
  return { ...common, state: 'partial', coveredBytes, expectedLength, identity };
}
