import { isSameBytes } from '../../record/record-codec.js';
import { type Folder, SLOTS, type SyncFile } from './folder.js';
import type { Geometry } from './geometry.js';
import {
  decodeSlot,
  encodeBody,
  type FoundRecord,
  numbered,
  type OpfsRecord,
  type RefusedSlot,
} from './opfs-record.js';
import { readFully, writeFully } from './sync-io.js';

/**
 * The record of a content, in two slots that are written in turn.
 *
 * A slot is written while the other one holds the last record that is durable, and is left alone.
 * What a crash leaves of it has another digest, or is the record as a whole, with the larger
 * number. A write that fails may have left either: so the next one goes to the same slot, with a
 * number larger still, until one succeeds.
 */
export class RecordSlots {
  readonly #files: readonly [SyncFile, SyncFile];
  readonly #geometry: Geometry;
  /** The slot that is written next. */
  #next: 0 | 1 = 0;
  /** The largest number that was given, to a record that was stored or not. */
  #number = 0;
  /** What was stored last, without its number; undefined if the slots hold anything else. */
  #stored: Uint8Array | undefined;

  private constructor(files: readonly [SyncFile, SyncFile], geometry: Geometry) {
    this.#files = files;
    this.#geometry = geometry;
  }

  static async open(folder: Folder, geometry: Geometry): Promise<RecordSlots> {
    const one = await folder.open(SLOTS[0]);
    try {
      return new RecordSlots([one, await folder.open(SLOTS[1])], geometry);
    } catch (error) {
      one.close();
      throw error;
    }
  }

  /**
   * Returns what the slots hold, or why none can be used; undefined if they are empty.
   *
   * It is made durable first, unless it is only read: who wrote the newest record may have been
   * killed before it was.
   */
  load(toRead: boolean): FoundSlots | RefusedSlot | undefined {
    if (!toRead) for (const file of this.#files) file.flush();
    const found = readSlots(this.#files.map(bytesOf), this.#geometry);
    if (found === undefined || 'reason' in found) return found;
    this.#next = found.slot === 0 ? 1 : 0;
    this.#number = found.newest.number;
    this.#stored = encodeBody(found.newest, this.#geometry);
    return found;
  }

  /** What was stored last; undefined if the slots may hold anything else. */
  get stored(): Uint8Array | undefined {
    return this.#stored;
  }

  /** True if the slots hold this already. */
  holds(body: Uint8Array): boolean {
    return isSameBody(this.#stored, body);
  }

  encode(record: OpfsRecord): Uint8Array {
    return encodeBody(record, this.#geometry);
  }

  /** Makes a record durable. If it throws, the slots hold the record before it, or this one. */
  store(body: Uint8Array): void {
    const file = this.#files[this.#next];
    this.#number += 1;
    this.#stored = undefined;
    const bytes = numbered(body, this.#number);
    writeFully(file, 0, bytes);
    file.truncate(bytes.length);
    file.flush();
    this.#stored = body;
    this.#next = this.#next === 0 ? 1 : 0;
  }

  /** Takes both records away, durably: the older one first, which must not come to count. */
  clear(): void {
    this.#stored = undefined;
    for (const slot of [this.#next, this.#next === 0 ? 1 : 0]) {
      const file = this.#files[slot === 0 ? 0 : 1];
      file.truncate(0);
      file.flush();
    }
  }

  close(): void {
    for (const file of this.#files) file.close();
  }
}

/** The records of both slots. */
export interface FoundSlots {
  /** The slot of the newest one. */
  readonly slot: number;
  readonly newest: FoundRecord;
  /** The other one, if it is whole. */
  readonly older: FoundRecord | undefined;
}

/** Returns the records in two slots, or why there is none; undefined if both are empty. */
export function readSlots(slots: readonly Uint8Array[], geometry: Geometry): FoundSlots | RefusedSlot | undefined {
  let found: FoundSlots | undefined;
  let refused: RefusedSlot | undefined;
  for (const [slot, bytes] of slots.entries()) {
    if (bytes.length === 0) continue;
    const record = decodeSlot(bytes, geometry);
    if ('reason' in record) {
      // What a newer version has written counts more than what is left of a record.
      if (record.reason === 'format') return record;
      refused = record;
    } else if (found === undefined || record.number > found.newest.number) {
      found = { slot, newest: record, older: found?.newest };
    } else found = { ...found, older: record };
  }
  return found ?? refused;
}

/** True if both are the same record. */
export function isSameBody(one: Uint8Array | undefined, other: Uint8Array | undefined): boolean {
  return one !== undefined && other !== undefined && isSameBytes(one, other);
}

function bytesOf(file: SyncFile): Uint8Array {
  const bytes = new Uint8Array(file.getSize());
  readFully(file, 0, bytes);
  return bytes;
}
