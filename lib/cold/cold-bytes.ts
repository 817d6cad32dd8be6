import { checkOptions } from '../errors/check-options.js';
import { wrongType } from '../errors/invalid-argument.js';
import { checkOffset } from '../range/checks.js';
import { encodeError } from './error-text.js';
import type { ColdContent, ColdPort } from './cold.js';
import {
  ASK_AT,
  ASK_LENGTH_AT,
  ASK_START_AT,
  BOX_BYTES,
  GIVEN_AT,
  GIVEN_GENERATION_AT,
  GIVEN_LENGTH_AT,
  PIECE_BYTES,
  pieceOf,
} from './piece-box.js';
import { loadNumber } from '../coverage/pages.js';

/** How {@link ColdBytes} gives bytes. */
export interface ColdBytesOptions {
  /**
   * Called when bytes of `[start, end)` were given to a reader: the next ones are likely to be
   * asked for soon. What it throws is dropped. `@default` none
   */
  readonly given?: ((start: number, end: number) => void) | undefined;
}

/** One box, with what was put into it last. */
interface Box {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  /** The last ask that was answered. */
  answered: number;
  /** In bytes of the content, half-open. */
  start: number;
  end: number;
}

/**
 * Gives bytes to readers in other threads that cannot get at them by themselves: *cold* bytes. A
 * driver with such bytes brings one as {@link Driver.cold}, and its attachments have a
 * {@link Attachment.reach}. Apps whose drivers have none do not bundle it.
 *
 * The bytes are those that {@link Driver.read} gives in the owner's thread, so that thread has to
 * return to its event loop. It listens as long as a port is open, which does not keep Node's
 * process alive. Once the resource is closed, or its thread has ended, cold bytes are gone for
 * other threads, and reads of them end with `CLOSED`, committed or not.
 *
 * A driver whose bytes can be rewritten says so ({@link rewritten}). One that wraps another has the
 * `cold` of that one, and a `reach` that calls that of the inner attachment.
 *
 * @example
 * ```ts
 * import { ColdBytes } from 'tidemark';
 *
 * class MyDriver {
 *   readonly cold = new ColdBytes();
 *
 *   write(offset: number, data: Uint8Array): void {
 *     // Store the bytes; then:
 *     this.cold.rewritten(offset, data.length);
 *   }
 * }
 * ```
 */
export class ColdBytes {
  /** How many bytes each reader in another thread gets for what it fetches. */
  readonly boxBytes = BOX_BYTES;
  readonly #given: ColdBytesOptions['given'];
  readonly #boxes = new WeakMap<ColdPort, Box>();
  /** Those of the ports that were open at the last answer. */
  #open: readonly Box[] = [];

  /**
   * @throws {@link StorageError} `INVALID_ARGUMENT`, or a `TypeError` for what TypeScript rejects
   */
  constructor(options: ColdBytesOptions = {}) {
    checkOptions(options, ['given']);
    const { given } = options;
    if (given !== undefined && typeof given !== 'function') throw wrongType('given', 'a function', given);
    this.#given = given;
  }

  /**
   * `[offset, offset + length)` was written, and may have been written before: what a reader has
   * asked for of it, and not copied yet, is old then.
   */
  rewritten(offset: number, length: number): void {
    checkOffset('offset', offset);
    checkOffset('length', length);
    const end = offset + length;
    for (const box of this.#open) {
      if (box.end <= offset || end <= box.start) continue;
      box.end = box.start;
      Atomics.sub(box.words, GIVEN_AT, 1);
    }
  }

  /** @internal See `lib/cold/piece-box.ts`. */
  answer(ports: Iterable<ColdPort>, content: ColdContent): void {
    if (content.ended !== undefined) return;
    const open: Box[] = [];
    for (const port of ports) {
      const box = this.#boxOf(port);
      open.push(box);
      if (!give(box, content)) continue;
      port.cell.ping();
      if (box.start < box.end) this.#tell(box);
    }
    this.#open = open;
  }

  #tell({ start, end }: Box): void {
    try {
      this.#given?.(start, end);
    } catch {
      // The reader has what it has asked for.
    }
  }

  #boxOf(port: ColdPort): Box {
    let box = this.#boxes.get(port);
    if (box === undefined) {
      const { cell } = port.handle;
      box = {
        words: new Int32Array(cell, 0, cell.byteLength >> 2),
        bytes: pieceOf(cell),
        answered: 0,
        start: 0,
        end: 0,
      };
      this.#boxes.set(port, box);
    }
    return box;
  }
}

/** Steps A to D. Returns true if it has given an answer. */
function give(box: Box, { driver, state }: ColdContent): boolean {
  const { words, bytes } = box;
  const ask = Atomics.load(words, ASK_AT);
  if ((ask & 1) !== 0 || ask === box.answered) return false;
  const start = loadNumber(words, ASK_START_AT);
  const asked = Atomics.load(words, ASK_LENGTH_AT);
  if (Atomics.load(words, ASK_AT) !== ask) return false;
  let length = Math.max(0, Math.min(asked, PIECE_BYTES, state.coveredUntil(start) - start));
  box.start = start;
  box.end = start + length;
  try {
    if (length > 0) driver.read(start, bytes.subarray(0, length));
  } catch (error) {
    const text = encodeError(error);
    bytes.set(text);
    length = -1 - text.length;
  }
  Atomics.store(words, GIVEN_LENGTH_AT, length);
  Atomics.store(words, GIVEN_GENERATION_AT, state.generation);
  Atomics.store(words, GIVEN_AT, ask);
  box.answered = ask;
  return true;
}
