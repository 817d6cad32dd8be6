import type { OpfsRecord } from '../opfs-record.js';
import type { Frame } from './journal-frames.js';

/** What a journal says of one entry. */
export interface JournalEntry {
  readonly id: number;
  /** What is kept beside its content. */
  record: Uint8Array;
  /** When it was used last, in epoch milliseconds. */
  usedAt: number;
  /** Undefined: it has none. */
  content: OpfsRecord | undefined;
  /** What its frames take in a journal without older ones, in bytes. */
  recordBytes: number;
  contentBytes: number;
}

/** What all frames of a journal say together. */
export class JournalState {
  readonly entries = new Map<number, JournalEntry>();
  #lastId = 0;

  /** What its fewest frames take, in bytes. */
  get bytes(): number {
    let sum = 0;
    for (const { recordBytes, contentBytes } of this.entries.values()) sum += recordBytes + contentBytes;
    return sum;
  }

  /** A number that no entry has had. */
  nextId(): number {
    return this.#lastId + 1;
  }

  /** @param bytes - the length of the frame */
  apply(frame: Frame, bytes: number): void {
    if (frame.kind === 'complete') return;
    const { entry: id } = frame;
    this.#lastId = Math.max(this.#lastId, id);
    const entry = this.entries.get(id);
    switch (frame.kind) {
      case 'record': {
        const { record, usedAt } = frame;
        if (entry !== undefined) Object.assign(entry, { record, usedAt, recordBytes: bytes });
        else this.entries.set(id, { id, record, usedAt, content: undefined, recordBytes: bytes, contentBytes: 0 });
        break;
      }
      case 'used':
        if (entry !== undefined) entry.usedAt = frame.usedAt;
        break;
      case 'content':
        if (entry !== undefined) Object.assign(entry, { content: frame.content, contentBytes: bytes });
        break;
      case 'no content':
        if (entry !== undefined) Object.assign(entry, { content: undefined, contentBytes: 0 });
        break;
      case 'removed':
        this.entries.delete(id);
    }
  }

  /** The fewest frames that say the same. */
  *frames(): Iterable<Frame> {
    for (const { id, record, usedAt, content } of this.entries.values()) {
      yield { kind: 'record', entry: id, usedAt, record };
      if (content !== undefined) yield { kind: 'content', entry: id, content };
    }
  }
}
