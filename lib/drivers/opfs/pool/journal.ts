import { StorageError } from '../../../errors/storage-error.js';
import type { SyncFile } from '../folder.js';
import type { Geometry } from '../geometry.js';
import { writeFully } from '../sync-io.js';
import { encodeFrame, encodeHeader, FRAME_HEAD, type Frame } from './journal-frames.js';
import { type JournalFiles, JOURNALS, type ReadJournal, readJournal } from './journal-files.js';
import { JournalState } from './journal-state.js';

/** How long a journal gets, in bytes. */
export interface JournalLimits {
  /** One that has grown past twice of what counts in it, and so much, is begun anew. */
  readonly slack: number;
  /** Its file is made so much longer at a time. */
  readonly step: number;
  /** So much of that is left to what gives space back. */
  readonly reserve: number;
}

/** Small beside the content of a few entries. */
export const JOURNAL_LIMITS: JournalLimits = { slack: 2 ** 16, step: 2 ** 16, reserve: 2 ** 12 };

/** What a journal was found to be. */
export interface LoadedJournal {
  /** Why all that it said is not believed; undefined: it is, or there was none. */
  readonly damage: string | undefined;
}

/**
 * What a store has, as frames in a file that grows, and in another one from time to time.
 *
 * **What is found after a crash.** After the browser was killed, all frames that were appended;
 * after power loss, at least all up to the last flush: those behind it are believed as far as they
 * follow each other, each with its digest. So what is found is what the journal has said at some
 * moment, at or after the last flush.
 *
 * **Why there is one journal that counts.** A new one is written into the other file, with the next
 * generation. It counts from its last frame on, `complete`, and says what the old one has said. If
 * that fails, nothing is appended to the old one before the other file is empty, durably: else what
 * is appended could be forgotten.
 *
 * **After a failure.** A frame that was not written for sure may be there. It is taken away before
 * {@link flush} returns, or overwritten by the next frame. If a flush fails, frames may be lost
 * that were appended long ago: so the next call begins a new journal.
 */
export class Journal {
  readonly state = new JournalState();
  readonly #files: JournalFiles;
  readonly #geometry: Geometry;
  readonly #limits: JournalLimits;
  #active: 0 | 1 = 0;
  /** The largest generation that was ever begun. */
  #latest = 0;
  /** That of the active file. */
  #generation = 0;
  /** The number of the frame that was appended last, and of the last one that is durable. */
  #number = 0;
  #durable = 0;
  /** Where the next frame goes, and how long the file is, in bytes. */
  #at = 0;
  #size = 0;
  /** From which length on it is begun anew, in bytes. */
  #longest = 0;
  /** Nothing but zeros is behind the last frame. */
  #isTailClean = true;
  /** The other file has no journal that could come to count. */
  #isOtherClean = true;
  /** A flush has failed. */
  #isSuspect = false;

  constructor(files: JournalFiles, geometry: Geometry, limits: JournalLimits) {
    this.#files = files;
    this.#geometry = geometry;
    this.#limits = limits;
  }

  /**
   * Takes up what the files hold, and makes it durable: who wrote it may have been killed before it
   * was. Without a journal, or with a damaged one, a new one is begun, which says nothing.
   *
   * Throws `UNSUPPORTED` for that of a newer version.
   */
  load(): LoadedJournal {
    let newest: ReadJournal | undefined;
    let damage: string | undefined;
    for (const [index, file] of this.#files.entries()) {
      const read = readJournal(file, this.#geometry);
      if ('reason' in read) {
        if (read.reason === 'format') throw newerError(JOURNALS[index] ?? '', read.message);
        if (read.reason === 'damaged') damage = `${JOURNALS[index] ?? ''} is damaged: ${read.message}`;
        continue;
      }
      this.#latest = Math.max(this.#latest, read.generation);
      if (!read.isComplete && read.isDamaged) damage = `${JOURNALS[index] ?? ''} is damaged: frames are missing in it`;
      if (!read.isComplete || read.generation < (newest?.generation ?? 0)) continue;
      newest = read;
      this.#active = index === 0 ? 0 : 1;
    }
    if (newest === undefined) {
      this.#renew();
      return { damage };
    }
    this.#generation = newest.generation;
    for (const { frame, length } of newest.frames) this.state.apply(frame, length);
    if (newest.isDamaged) return { damage: `${JOURNALS[this.#active]} is damaged: frames are missing in it` };
    this.#number = newest.frames.length;
    this.#at = newest.at;
    this.#size = newest.size;
    this.#longest = 2 * this.state.bytes + this.#limits.slack;
    this.#isTailClean = !newest.hasTail;
    this.flush();
    return { damage: undefined };
  }

  /** Says nothing any more: what was loaded is not believed. */
  forget(): void {
    this.state.entries.clear();
    this.#renew();
  }

  /** As {@link append}, and it is durable. If it throws, the journal says what it did before. */
  appendDurably(frame: Frame & { readonly kind: 'content' }): void {
    const { content: before, contentBytes = 0 } = this.state.entries.get(frame.entry) ?? {};
    this.append(frame);
    try {
      this.#flushOrRenew();
    } catch (error) {
      // What is written next is a new journal, which says this.
      const { entry } = frame;
      const old: Frame = before === undefined ? { kind: 'no content', entry } : { ...frame, content: before };
      this.state.apply(old, contentBytes);
      this.#isSuspect = true;
      throw error;
    }
  }

  /** Adds a frame: it survives the end of the process. If it throws, the journal is as before. */
  append(frame: Frame): void {
    if (!this.#isOtherClean) this.#cleanOther();
    if (this.#isSuspect) this.#renew();
    else if (this.#at > this.#longest) this.#renewIfPossible();
    const place = { generation: this.#generation, number: this.#number + 1, durable: this.#durable };
    const bytes = encodeFrame(frame, place, this.#geometry);
    this.#makeRoom(bytes.length, frame.kind === 'removed' || frame.kind === 'no content');
    const wasClean = this.#isTailClean;
    this.#isTailClean = false;
    writeFully(this.#file, this.#at, bytes);
    this.#isTailClean = wasClean;
    this.#at += bytes.length;
    this.#size = Math.max(this.#size, this.#at);
    this.#number += 1;
    this.state.apply(frame, bytes.length);
  }

  /** Makes all frames durable that were appended, and that none is there which was not. */
  flush(): void {
    if (!this.#isOtherClean) this.#cleanOther();
    if (this.#isSuspect) {
      this.#renew();
      return;
    }
    if (this.#isTailClean && this.#durable === this.#number) return;
    try {
      if (!this.#isTailClean) this.#cleanTail();
      this.#file.flush();
    } catch (error) {
      this.#isSuspect = true;
      throw error;
    }
    this.#isTailClean = true;
    this.#durable = this.#number;
  }

  #flushOrRenew(): void {
    try {
      this.flush();
    } catch {
      this.flush();
    }
  }

  close(): void {
    for (const file of this.#files) file.close();
  }

  get #file(): SyncFile {
    return this.#files[this.#active];
  }

  /** Makes the file longer in time, so that there is space for what gives space back. */
  #makeRoom(bytes: number, isUrgent: boolean): void {
    const needed = this.#at + bytes;
    if (needed + this.#limits.reserve <= this.#size) return;
    try {
      this.#file.truncate(needed + this.#limits.step);
      this.#size = needed + this.#limits.step;
    } catch (error) {
      if (!isUrgent) throw error;
    }
  }

  /** What cannot be begun anew goes on; it is tried again later. */
  #renewIfPossible(): void {
    try {
      this.#renew();
    } catch {
      this.#longest = this.#at + this.#limits.slack;
      this.#cleanOther();
    }
  }

  /** Begins a new journal in the other file. */
  #renew(): void {
    const other = this.#active === 0 ? 1 : 0;
    const file = this.#files[other];
    const generation = this.#latest + 1;
    const frames: Uint8Array[] = [encodeHeader(generation, this.#geometry)];
    let length = frames[0]?.length ?? 0;
    const add = (frame: Frame): void => {
      const bytes = encodeFrame(frame, { generation, number: frames.length, durable: 0 }, this.#geometry);
      frames.push(bytes);
      length += bytes.length;
    };
    for (const frame of this.state.frames()) add(frame);
    add({ kind: 'complete' });
    const bytes = new Uint8Array(length);
    let at = 0;
    for (const frame of frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    this.#isOtherClean = false;
    this.#latest = generation;
    file.truncate(0);
    writeFully(file, 0, bytes);
    file.flush();
    const old = this.#file;
    this.#active = other;
    this.#generation = generation;
    this.#number = frames.length - 1;
    this.#durable = this.#number;
    this.#at = length;
    this.#size = length;
    this.#longest = 2 * length + this.#limits.slack;
    this.#isTailClean = true;
    this.#isOtherClean = true;
    this.#isSuspect = false;
    try {
      old.truncate(0);
    } catch {
      // It does not count any more.
    }
  }

  /** No frame begins behind the last one. */
  #cleanTail(): void {
    const length = Math.min(FRAME_HEAD, this.#file.getSize() - this.#at);
    if (length > 0) writeFully(this.#file, this.#at, new Uint8Array(length));
  }

  /** Empties the other file, in which a new journal was not begun for sure. */
  #cleanOther(): void {
    const file = this.#files[this.#active === 0 ? 1 : 0];
    file.truncate(0);
    file.flush();
    this.#isOtherClean = true;
  }
}

function newerError(name: string, message: string): StorageError {
  return new StorageError(
    'UNSUPPORTED',
    `Asked to open a store, and ${name} cannot be read: ${message}. Load the version of this library that has written it, or choose ` +
      'another path. Nothing was changed.',
  );
}
