import { StorageError } from '../../errors/storage-error.js';
import type { RefusedContent, StoredContent } from '../driver.js';
import { ChunkFiles } from './chunk-files.js';
import { chunkName, chunkOf, type Folder, SLOTS } from './folder.js';
import type { Geometry } from './geometry.js';
import { attemptLater } from './io-error.js';
import { OpfsContent } from './opfs-content.js';
import type { FoundRecord, OpfsRecord } from './opfs-record.js';
import { RecordSlots } from './record-slots.js';

/** Where the content of a path is kept. */
export interface ContentPlace {
  /** As it was asked for. */
  readonly path: string;
  readonly folder: Folder;
  readonly geometry: Geometry;
}

/** Content as it was found. */
export interface OpenedContent {
  readonly content: OpfsContent;
  readonly found: StoredContent;
}

/** Opens the files of a path that is claimed. `toRead`: only what is committed. */
export async function openContent(place: ContentPlace, toRead: boolean): Promise<OpenedContent> {
  const { path, folder, geometry } = place;
  return attemptLater(`open ${path}`, path, async () => {
    // Who made the folder may have been killed right then; to read makes no files.
    if (toRead && !(await hasSlots(folder))) throw notFoundError(path);
    const slots = await RecordSlots.open(folder, geometry);
    const chunks = new ChunkFiles(path, folder, geometry);
    try {
      return await takeUp(place, slots, chunks, toRead);
    } catch (error) {
      slots.close();
      chunks.close();
      throw error;
    }
  });
}

async function hasSlots(folder: Folder): Promise<boolean> {
  const names = await folder.names();
  return SLOTS.every((slot) => names.includes(slot));
}

async function takeUp(
  { path, folder, geometry }: ContentPlace,
  slots: RecordSlots,
  chunks: ChunkFiles,
  toRead: boolean,
): Promise<OpenedContent> {
  const content = new OpfsContent(path, geometry, slots, chunks);
  const loaded = slots.load(toRead);
  let refused: RefusedContent | undefined;
  if (loaded !== undefined && 'reason' in loaded) {
    const { reason, message } = loaded;
    refused = refusal(path, reason, 0, `its record is not believed: ${message}`);
  } else if (loaded !== undefined) {
    const { newest, older } = loaded;
    const short = await shortChunk(newest, folder, geometry);
    if (short === undefined) {
      await chunks.openExisting(chunksOf(newest, geometry));
      content.adopt(newest, older);
      if (toRead) assertCommitted(path, content);
      else {
        await makeReady(chunks);
        content.settle();
      }
      return { content, found: storedOf(newest) };
    }
    const { coveredBytes } = newest.content;
    refused = refusal(path, 'longer-than-data', coveredBytes, `its record lists bytes that ${short} does not have`);
  }
  if (toRead) assertCommitted(path, content);
  if (refused === undefined) await makeReady(chunks);
  else {
    content.ignoreFound();
    for (const name of await folder.names()) chunks.skipTo((chunkOf(name) ?? -1) + 1);
    await chunks.ahead(0);
  }
  return { content, found: { coverage: [], ...(refused && { refused }) } };
}

/** Removes what no record claims, and opens a file for what is written next. */
async function makeReady(chunks: ChunkFiles): Promise<void> {
  await chunks.removeOthers();
  await chunks.ahead(0);
}

function assertCommitted(path: string, content: OpfsContent): void {
  if (!content.isCommitted) throw notFoundError(path);
}

export function notFoundError(path: string): StorageError {
  return new StorageError('NOT_FOUND', `Asked to read ${path}, and nothing is committed there. Download it first.`, {
    path,
  });
}

function storedOf({ committedLength, content }: FoundRecord): StoredContent {
  const { coverage, expectedLength, identity } = content;
  return committedLength === undefined
    ? { coverage, expectedLength, identity }
    : { coverage, committedLength, identity };
}

/** The numbers of the chunk files that a record claims. */
export function chunksOf({ runs }: FoundRecord, { chunkBlocks }: Geometry): Set<number> {
  const numbers = new Set<number>();
  for (const { place, count } of runs) {
    const last = Math.floor((place + count - 1) / chunkBlocks);
    for (let number = Math.floor(place / chunkBlocks); number <= last; number += 1) numbers.add(number);
  }
  return numbers;
}

/** The name of a chunk file that lacks bytes which the record lists; undefined if none does. */
export async function shortChunk(record: FoundRecord, folder: Folder, geometry: Geometry): Promise<string | undefined> {
  for (const [chunk, needed] of neededChunks(record, geometry)) {
    if ((await folder.size(chunkName(chunk))) < needed) return chunkName(chunk);
  }
  return undefined;
}

/** How long chunk files that a record claims have to be at least, in bytes, by their numbers. */
export function neededChunks(
  { content, runs }: OpfsRecord,
  { blockSize, chunkBlocks }: Geometry,
): ReadonlyMap<number, number> {
  const ends = new Map<number, number>();
  let index = 0;
  for (const { start, end } of content.coverage) {
    const last = Math.floor((end - 1) / blockSize);
    for (let block = Math.floor(start / blockSize); block <= last; block += 1) {
      let run = runs[index];
      while (run !== undefined && run.block + run.count <= block) run = runs[(index += 1)];
      if (run === undefined) break;
      const at = run.place + block - run.block;
      const chunk = Math.floor(at / chunkBlocks);
      const needed = (at % chunkBlocks) * blockSize + Math.min(blockSize, end - block * blockSize);
      ends.set(chunk, Math.max(needed, ends.get(chunk) ?? 0));
    }
  }
  return ends;
}

function refusal(path: string, reason: RefusedContent['reason'], coveredBytes: number, found: string): RefusedContent {
  const message = `Of ${path}, ${found}. It is not taken up; nothing of it is removed before the first write.`;
  return { reason, coveredBytes, message };
}
