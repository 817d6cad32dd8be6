import type { Resource } from '../../../resource/resource.js';
import type { KnownContent } from '../answer/known-content.js';
import type { Target } from '../target.js';
import type { Stream } from './stream.js';
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
}

/** Takes the body of one answer, and writes of it what its stream is for. */
export class Body {
  readonly place: Place;
  readonly #resource: Resource;
  readonly #target: Target;
  readonly #stream: Stream;
  readonly #content: KnownContent;
  readonly #where: string;
  readonly #chunks: Uint8Array[] = [];
  #at: number;
  #overran = false;

  /** @param where - names the request in errors */
  constructor({ resource, content, target }: Goes, stream: Stream, place: Place, where: string) {
    this.#target = target;
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

  #write(offset: number, data: Uint8Array): number {
    const stream = this.#stream;
    const from = Math.max(offset, stream.position);
    const until = Math.min(offset + data.length, stream.end);
    if (from >= until) return 0;
    // Before the write: those who hear of it look at what is still to come.
    stream.position = until;
    const bytes = part(data, from - offset, until - offset);
    if (this.place.overwrites) {
      this.#resource.writeAt(from, bytes);
      return this.#content.rewrote(until);
    }
    const written = writeMissing(this.#resource, from, bytes, this.#target.range);
    if (written === undefined) throw this.#content.differs(this.#where);
    stream.gained ||= written > 0;
    return written;
  }
}

/** `bytes.subarray(start, end)`, and `bytes` where that is all of it: most chunks are. */
function part(bytes: Uint8Array, start: number, end: number): Uint8Array {
  return start === 0 && end >= bytes.length ? bytes : bytes.subarray(start, end);
}
