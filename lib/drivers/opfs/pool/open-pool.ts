import { ChunkFiles } from '../chunk-files.js';
import { chunkName, chunkOf, type Folder } from '../folder.js';
import type { Geometry } from '../geometry.js';
import { attemptLater } from '../io-error.js';
import { neededChunks } from '../open-content.js';
import { type OpfsRecord, placesOf } from '../opfs-record.js';
import { ContentPool } from './content-pool.js';
import { JOURNALS, openJournals } from './journal-files.js';
import { Journal, type JournalLimits } from './journal.js';
import type { JournalEntry } from './journal-state.js';

/** A pool as it was found. */
export interface OpenedPool {
  readonly pool: ContentPool;
  readonly journal: Journal;
  /** What was not believed; the journal does not say it any more. */
  readonly refused: readonly RefusedPoolEntry[];
  /** Why the journal as a whole was not believed, if it was not. */
  readonly damage: string | undefined;
  /** What lies in the folder and is none of ours. */
  readonly strangers: readonly string[];
}

/** An entry that was not believed. */
export interface RefusedPoolEntry {
  readonly entry: JournalEntry;
  /** For people. */
  readonly reason: string;
}

/** Where a pool is kept. */
export interface PoolPlace {
  /** As it was asked for. */
  readonly path: string;
  readonly geometry: Geometry;
  readonly limits: JournalLimits;
}

/** Opens the files of a pool, whose path is claimed; removes chunk files that nobody claims. */
export async function openPool({ path, geometry, limits }: PoolPlace, folder: Folder): Promise<OpenedPool> {
  return attemptLater(`open the store in ${path}`, path, async () => {
    const journal = new Journal(await openJournals(folder), geometry, limits);
    const chunks = new ChunkFiles(path, folder, geometry);
    try {
      const { damage } = journal.load();
      const names = await folder.names();
      const strangers = names.filter((name) => chunkOf(name) === undefined && !JOURNALS.some((one) => one === name));
      const hadContent = names.some((name) => chunkOf(name) !== undefined);
      const refused = await refuse(journal, folder, geometry, damage);
      await openClaimed(journal, chunks, geometry);
      await chunks.removeOthers();
      await chunks.ahead(0);
      const pool = new ContentPool(path, geometry, chunks, journal);
      return { pool, journal, refused, damage: hadContent ? damage : undefined, strangers: strangers.sort() };
    } catch (error) {
      journal.close();
      chunks.close();
      throw error;
    }
  });
}

/** Has the journal forget entries that say more than is there; returns them. */
async function refuse(
  journal: Journal,
  folder: Folder,
  geometry: Geometry,
  damage: string | undefined,
): Promise<RefusedPoolEntry[]> {
  const entries = [...journal.state.entries.values()];
  if (damage !== undefined) {
    journal.forget();
    return entries.map((entry) => ({ entry, reason: `${damage}.` }));
  }
  const refused: RefusedPoolEntry[] = [];
  const sizes = new Map<number, number>();
  const owners = new Map<number, JournalEntry>();
  const reasons = new Map<JournalEntry, string>();
  for (const entry of entries) {
    const { content } = entry;
    if (content === undefined) continue;
    const short = await shortChunk(content, folder, geometry, sizes);
    if (short !== undefined) reasons.set(entry, `Its record lists bytes that ${short} does not have.`);
    for (const place of placesOf(content.runs)) {
      const other = owners.get(place);
      owners.set(place, entry);
      if (other === undefined) continue;
      for (const each of [entry, other]) reasons.set(each, 'Its record lists bytes that another one lists, too.');
    }
  }
  for (const [entry, reason] of reasons) {
    refused.push({ entry, reason });
    journal.append({ kind: 'removed', entry: entry.id });
  }
  journal.flush();
  return refused;
}

/** The name of a chunk file that lacks bytes which content has; undefined if none does. */
async function shortChunk(
  content: OpfsRecord,
  folder: Folder,
  geometry: Geometry,
  sizes: Map<number, number>,
): Promise<string | undefined> {
  for (const [chunk, needed] of neededChunks(content, geometry)) {
    const size = sizes.get(chunk) ?? (await folder.size(chunkName(chunk)));
    sizes.set(chunk, size);
    if (size < needed) return chunkName(chunk);
  }
  return undefined;
}

async function openClaimed(journal: Journal, chunks: ChunkFiles, { chunkBlocks }: Geometry): Promise<void> {
  const places = new Set<number>();
  for (const { content } of journal.state.entries.values()) {
    for (const place of placesOf(content?.runs ?? [])) places.add(place);
  }
  await chunks.openExisting(new Set(Array.from(places, (place) => Math.floor(place / chunkBlocks))));
  for (const place of places) chunks.takeAt(place);
}
