import { MAX_OFFSET } from '../range/byte-range.js';
import { SyncReader } from './sync-reader.js';

/** What `emscriptenFile` needs of a {@link SyncReader}: an object of this shape can stand between the two, to count or to translate. */
export type EmscriptenReader = Pick<SyncReader, 'read' | 'length' | 'expectedLength'>;

/**
 * A read of a few bytes costs 0.15 to 0.35 µs, in a file that is still filling 1.2 µs; filling this costs 1 to 2 µs (measured), so it
 * pays from the tenth small read on, and does little harm to reads that jump about.
 */
const WINDOW_BYTES = 16 * 1024;
/** Of reading to the end, to know where it is. */
const STEP_BYTES = 1024 * 1024;

/**
 * Reads at any position, many small ones at the cost of few large ones.
 *
 * A small read fills a window behind its start with what is there already: it waits, and asks the downloader, for no more than its
 * own bytes. The window holds until the reader says that a length, state or the content has changed. Bytes that are overwritten
 * while the resource is active tell nobody, and the old ones may be served until the window moves on.
 */
export class WindowedReader {
  readonly #reader: EmscriptenReader;
  readonly #timeout: number | undefined;
  #window: Uint8Array<ArrayBuffer> | undefined;
  /** What the window holds, in bytes of the content; half-open. */
  #start = 0;
  #end = 0;
  /** As of which {@link #versionNow} it does. */
  #version: number | undefined;

  /** @param timeout - how long one read may block, in milliseconds */
  constructor(reader: EmscriptenReader, timeout: number | undefined) {
    this.#reader = reader;
    this.#timeout = timeout;
  }

  /** Fills `target` from `position` on, up to the end of the content; blocks until that is there. Answers how many bytes it filled. */
  read(target: Uint8Array, position: number): number {
    // No byte can be there, and the reader refuses to be asked.
    if (position > MAX_OFFSET - Math.max(target.length, WINDOW_BYTES)) return 0;
    if (target.length >= WINDOW_BYTES) {
      return this.#reader.read(target, { at: position, timeout: this.#timeout });
    }
    const held =
      position >= this.#start && position + target.length <= this.#end && this.#version === this.#versionNow();
    const window = held ? this.#allocated() : this.#fill(position, target.length);
    const from = position - this.#start;
    const length = Math.min(target.length, this.#end - position);
    target.set(window.subarray(from, from + length));
    return length;
  }

  /**
   * The total length in bytes.
   *
   * Where it is unknown this blocks for the first byte, with which a downloader mostly learns it. Else it reads on until there is an
   * end, which asks for little that does not exist, and in steps that suit a downloader which brings only what is asked for.
   */
  size(): number {
    const known = this.#known() ?? this.#knownByFirstByte();
    if (known !== undefined) return known;
    const step = new Uint8Array(STEP_BYTES);
    for (let position = 0; ; position += STEP_BYTES) {
      const length = this.#reader.read(step, { at: position, timeout: this.#timeout });
      const end = this.#known() ?? (length < STEP_BYTES ? position + length : undefined);
      if (end !== undefined) return end;
    }
  }

  #knownByFirstByte(): number | undefined {
    this.#fill(0, 1);
    return this.#known();
  }

  /** Blocks for `min` bytes at `position`, and lets the window begin there. */
  #fill(position: number, min: number): Uint8Array<ArrayBuffer> {
    const window = this.#allocated();
    // Holds nothing if the read throws.
    this.#end = this.#start;
    // Asked for before the bytes: if they change in between, then they are taken for older than they are, and read once more.
    this.#version = this.#versionNow();
    const length = this.#reader.read(window, { at: position, min, timeout: this.#timeout });
    this.#start = position;
    this.#end = position + length;
    return window;
  }

  #allocated(): Uint8Array<ArrayBuffer> {
    return (this.#window ??= new Uint8Array(WINDOW_BYTES));
  }

  #known(): number | undefined {
    return this.#reader.length ?? this.#reader.expectedLength;
  }

  /** Another number after each change of state, of a length, or of the content as a whole; of other readers, of the length only. */
  #versionNow(): number | undefined {
    const reader = this.#reader;
    return reader instanceof SyncReader ? reader.control.statusVersion : this.#known();
  }
}
