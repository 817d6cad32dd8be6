import type { Folder, SyncFile } from '../folder.js';
import type { Geometry } from '../geometry.js';
import { readFully } from '../sync-io.js';
import { decodeFrame, decodeHeader, type FoundFrame, HEADER } from './journal-frames.js';

/** The two files that hold a journal by turns. */
export const JOURNALS = ['journal-0', 'journal-1'] as const;

/** Both are open. */
export type JournalFiles = readonly [SyncFile, SyncFile];

export async function openJournals(folder: Folder): Promise<JournalFiles> {
  const one = await folder.open(JOURNALS[0]);
  try {
    return [one, await folder.open(JOURNALS[1])];
  } catch (error) {
    one.close();
    throw error;
  }
}

/** A journal as it was read. */
export interface ReadJournal {
  readonly generation: number;
  /** In order; without a gap. */
  readonly frames: readonly FoundFrame[];
  /** It has all that was to be in it when it was begun. */
  readonly isComplete: boolean;
  /** How long the part is that all of them are in, in bytes. */
  readonly at: number;
  /** Of the whole file, in bytes. */
  readonly size: number;
  /** There is more behind the last frame than zeros. */
  readonly hasTail: boolean;
  /** A frame is missing that was durable: the file was damaged. */
  readonly isDamaged: boolean;
}

/** Why a journal cannot be used. */
export interface RefusedJournal {
  readonly reason: 'empty' | 'damaged' | 'format';
  readonly message: string;
}

/** Reads the journal in a file. */
export function readJournal(file: SyncFile, geometry: Geometry): ReadJournal | RefusedJournal {
  const bytes = new Uint8Array(file.getSize());
  readFully(file, 0, bytes);
  if (bytes.length === 0) return { reason: 'empty', message: 'it is empty' };
  const header = decodeHeader(bytes, geometry);
  if ('reason' in header) return header;
  const { generation } = header;
  const frames: FoundFrame[] = [];
  let isComplete = false;
  let at = HEADER;
  for (;;) {
    const found = decodeFrame(bytes, at, generation, geometry);
    if (found?.number !== frames.length + 1) break;
    frames.push(found);
    isComplete ||= found.frame.kind === 'complete';
    at += found.length;
  }
  const tail = bytes.subarray(at);
  const hasTail = tail.some((byte) => byte !== 0);
  const isDamaged = hasTail && wasDurable(bytes, at, generation, frames.length + 1, geometry);
  return { generation, frames, isComplete, at, size: bytes.length, hasTail, isDamaged };
}

/**
 * True if a frame was durable that cannot be read any more: one behind it says so. What is merely
 * the end of a journal, torn by a crash, was not.
 */
function wasDurable(bytes: Uint8Array, from: number, generation: number, number: number, geometry: Geometry): boolean {
  for (let at = from; at < bytes.length; at += 1) {
    const found = decodeFrame(bytes, at, generation, geometry);
    if (found !== undefined && found.durable >= number) return true;
  }
  return false;
}
