import fs from 'node:fs';
import { join } from 'node:path';

import { loadIdentity } from '../drivers/mmap/committed/identity-file.js';
import { FileSet } from '../drivers/mmap/files/file-set.js';
import { NODE_FILES, TO_READ } from '../drivers/mmap/files/file-system.js';
import { systemCode } from '../drivers/mmap/files/io-error.js';
import { sha256 } from '../drivers/mmap/files/sha256.js';
import { findPartial } from '../drivers/mmap/partial/find-partial.js';
import type { DroppedEntry, StoredEntries, StoredEntry } from '../store/backend.js';
import type { EntryRecord } from '../store/entry-record.js';
import { decodeEntry, type RefusedEntry } from '../store/record-codec.js';
import { nameOfKey, partOfEntry, RECORD, TEMPORARY_SUFFIXES } from './folder-names.js';

/** Others run after so many entries. */
const AT_A_TIME = 64;
/** The longest record that is read, in bytes. */
const LONGEST = 2 ** 24;
/** The unit of `st_blocks`, in bytes. */
const STATUS_BLOCK = 512;
const OWN = /^\.store\.lock$/;
/** Of content that is replaced, what the next download of a new version would begin with. */
const UNFINISHED = ['.next', '.next.coverage'];

/**
 * Lists what a folder has of a store, and removes what a crash has left.
 *
 * Each entry is what its files say. A record says that there is an entry at all: it is made first
 * and removed first, so files without one are left over. A record that is not durable counts only
 * as long as the machine has not been started anew, since the end of the machine may have taken
 * any part of the entry.
 */
export async function scanFolder(root: string, boot: string): Promise<StoredEntries> {
  const found = new Map<string, Set<string>>();
  const strangers: string[] = [];
  for (const file of fs.readdirSync(root, { withFileTypes: true })) {
    // A store makes nothing but files.
    const part = file.isFile() ? partOfEntry(file.name) : undefined;
    if (part === undefined) {
      if (!OWN.test(file.name)) strangers.push(file.name);
      continue;
    }
    const suffixes = found.get(part.name) ?? new Set();
    suffixes.add(part.suffix);
    found.set(part.name, suffixes);
  }
  const entries: StoredEntry[] = [];
  const dropped: DroppedEntry[] = [];
  let looked = 0;
  for (const [name, suffixes] of found) {
    looked += 1;
    if (looked % AT_A_TIME === 0) await new Promise((resolve) => setImmediate(resolve));
    const path = join(root, name);
    const read = readRecord(path, suffixes);
    if (read === undefined) {
      removeFiles(path, suffixes);
      continue;
    }
    const { record, status } = read;
    if ('reason' in record && record.reason === 'format') {
      // A newer version of this library knows what it is.
      for (const suffix of suffixes) strangers.push(name + suffix);
      continue;
    }
    const reason = whyNot(name, record, boot);
    if ('reason' in record || reason !== undefined) {
      dropped.push({ key: 'key' in record ? record.key : name, reason: reason ?? '' });
      removeFiles(path, suffixes);
      continue;
    }
    entries.push(entryOf(path, name, { record, status }, suffixes));
  }
  return { entries, dropped, strangers: strangers.sort() };
}

/** A record as it was found, and what the file system tells of its file. */
interface FoundRecord {
  readonly record: EntryRecord | RefusedEntry;
  readonly status: fs.Stats;
}

/** Returns undefined if there is none: its writer was killed before it had anything in it. */
function readRecord(path: string, suffixes: ReadonlySet<string>): FoundRecord | undefined {
  if (!suffixes.has(RECORD)) return undefined;
  const status = fs.lstatSync(path + RECORD);
  if (!status.isFile() || status.size > LONGEST) {
    return { record: { reason: 'damaged', message: 'it is no file of this library' }, status };
  }
  if (status.size === 0) return undefined;
  return { record: decodeEntry(readBytes(path + RECORD, status.size), sha256), status };
}

/** Reads a file of known size; one that is shorter by now gives less. */
function readBytes(path: string, size: number): Uint8Array {
  const bytes = new Uint8Array(size);
  const descriptor = fs.openSync(path, TO_READ);
  try {
    let done = 0;
    for (let read = -1; done < size && read !== 0; done += read) {
      read = fs.readSync(descriptor, bytes, done, size - done, done);
    }
    return bytes.subarray(0, done);
  } finally {
    fs.closeSync(descriptor);
  }
}

function whyNot(name: string, record: EntryRecord | RefusedEntry, boot: string): string | undefined {
  if ('reason' in record) return `Its record is damaged: ${record.message}.`;
  if (nameOfKey(record.key) !== name) return 'Its record is damaged: it is that of another file.';
  if (record.boot === undefined || record.boot === boot) return undefined;
  return 'It had not been made durable when the machine stopped.';
}

function entryOf(
  path: string,
  name: string,
  { record, status }: { readonly record: EntryRecord; readonly status: fs.Stats },
  suffixes: Set<string>,
): StoredEntry {
  const fileSet = new FileSet(NODE_FILES, path);
  const content = suffixes.has('') ? fileSet.status(path) : undefined;
  const leftovers = [...TEMPORARY_SUFFIXES, ...UNFINISHED];
  if (content?.isFile === true) leftovers.push('.part', '.part.coverage');
  removeFiles(
    path,
    leftovers.filter((suffix) => suffixes.delete(suffix)),
  );
  const looked = status.blocks * STATUS_BLOCK + (content?.isFile === true ? content.allocated : 0);
  const others = [...suffixes].filter((suffix) => suffix !== RECORD && (suffix !== '' || content?.isFile !== true));
  const common = { name, record, usedAt: Math.round(status.mtimeMs), bytes: looked + allocated(path, others) };
  if (content?.isFile === true) {
    const { size } = content;
    const identity = suffixes.has('.identity') ? loadIdentity(fileSet, content) : undefined;
    return { ...common, state: 'complete', coveredBytes: size, expectedLength: size, identity };
  }
  const partial = suffixes.has('.part') ? findPartial(fileSet, TO_READ) : {};
  partial.file?.close();
  const { coveredBytes = 0, expectedLength, identity } = partial.record ?? {};
  return { ...common, state: 'partial', coveredBytes, expectedLength, identity };
}

function allocated(path: string, suffixes: Iterable<string>): number {
  let bytes = 0;
  for (const suffix of suffixes) {
    const status = fs.lstatSync(path + suffix, { throwIfNoEntry: false });
    if (status?.isFile() === true) bytes += status.blocks * STATUS_BLOCK;
  }
  return bytes;
}

function removeFiles(path: string, suffixes: Iterable<string>): void {
  for (const suffix of suffixes) {
    try {
      fs.unlinkSync(path + suffix);
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw error;
    }
  }
}
