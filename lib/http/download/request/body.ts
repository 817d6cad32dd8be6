import type { Resource } from '../../../resource/resource.js';
import type { KnownContent } from '../answer/known-content.js';
import type { Target } from '../target.js';
import type { Stream } from './stream.js';
import { PatientWriter } from '../window/patient-writer.js';
import type { Room } from '../window/room.js';
import { writeMissing } from './write-missing.js';

/** Where the body of an answer goes. */
export interface Place {
  /** Offset of its first byte. */
  readonly start: number;
  /** Where it ends, exclusive, as far as headers say so; else `Infinity`. */
  readonly end: number;
  /** Nothing is written before all of it is there. */
  readonly kept: boolean;
  /** It is written over what is there, without comparing. */
  readonly overwrites: boolean;
}

/** What its bytes are of, and where they are stored. */
interface Goes {
  readonly resource: Resource;
  readonly content: KnownContent;
  readonly target: Target;
  /** Where there is room for it; undefined: for all of it. */
  readonly room: Room | undefined;
}

/** Takes the body of one answer, and writes of it what its stream is for. */
export class Body {
  readonly place: Place;
  readonly #resource: Resource;
  readonly #target: Target;
  readonly #room: Room | undefined;
  readonly #writer: PatientWriter;
  readonly #stream: Stream;
  readonly #content: KnownContent;
  readonly #where: string;
  readonly #chunks: Uint8Array[] = [];
  #at: number;
  #overran = false;
  #written = 0;

  /** @param where - names the request in errors */
  constructor({ resource, content, target, room }: Goes, stream: Stream, place: Place, where: string) {
    this.#target = target;
    this.#room = room;
    this.#writer = new PatientWriter(resource, (offset, data) => this.#writePiece(offset, data));
    this.#resource = resource;
    this.#content = content;
    this.#stream = stream;
    this.place = place;
    this.#where = where;
    this.#at = place.start;
  }

  /** More came than its headers say. */
  get overran(): boolean {
    return this.#overran;
  }

  /** All came that its headers say. */
  get ended(): boolean {
    return this.#at === this.place.end;
  }

  /**
   * Whether the rest is to be read. At the very end its connection is about to be free for the next
   * request: it is not cut.
   */
  get goesOn(): boolean {
    if (this.#overran) return false;
    return this.place.kept || !this.#stream.drained || this.#stream.end >= this.place.end;
  }

  /** Resolves when what has come is written; undefined: it is. */
  written(signal: AbortSignal): Promise<void> | undefined {
    return this.#writer.waits ? this.#writer.written(signal) : undefined;
  }

  /**
   * Takes the next bytes. Returns how many of them were written, and were missing before: so far
   * has the download come.
   */
  take(chunk: Uint8Array): number {
    const data = part(chunk, 0, this.place.end - this.#at);
    this.#overran ||= data.length < chunk.length;
    const offset = this.#at;
    this.#at += data.length;
    if (!this.place.kept) return this.#write(offset, data);
    this.#chunks.push(data);
    return 0;
  }

  /** Writes what was kept back; returns as {@link take} does. */
  release(): number {
    let offset = this.place.start;
    let written = 0;
    for (const chunk of this.#chunks.splice(0)) {
      written += this.#write(offset, chunk);
      offset += chunk.length;
    }
    return written;
  }

  /** Returns how many bytes the download has come further. */
  #write(offset: number, data: Uint8Array): number {
    const stream = this.#stream;
    const from = Math.max(offset, stream.position);
    const until = Math.min(offset + data.length, stream.end);
    if (from >= until) return 0;
    const before = this.#written;
    this.#writer.write(from, part(data, from - offset, until - offset));
    return this.#written - before;
  }

  #writePiece(from: number, bytes: Uint8Array): void {
    const stream = this.#stream;
    const until = from + bytes.length;
    // Before the write: those who hear of it look at what is still to come.
    stream.position = until;
    try {
      if (this.place.overwrites) {
        this.#resource.writeAt(from, bytes);
        this.#written += this.#content.rewrote(until);
        return;
      }
      // Of a part, all was asked for.
      const wanted = (stream.whole ? this.#room?.wantedOf(from, until) : undefined) ?? [{ start: from, end: until }];
      let gained = 0;
      for (const { start, end } of wanted) {
        const written = writeMissing(this.#resource, start, part(bytes, start - from, end - from), this.#target.range);
        if (written === undefined) throw this.#content.differs(this.#where);
        gained += written;
      }
      this.#written += gained;
      stream.gained ||= gained > 0;
    } catch (error) {
      // It is still to come, as long as there is no room for it.
      stream.position = from;
      throw error;
    }
  }
}

/** `bytes.subarray(start, end)`, and `bytes` where that is all of it: most chunks are. */
function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end >= bytes.length ? bytes : bytes.subarray(start, end);
}
