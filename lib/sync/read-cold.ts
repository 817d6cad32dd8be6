import { endedError, interruptedError } from '../bytes/ended-error.js';
import type { BoxReader } from '../cold/box-reader.js';
import { PIECE_BYTES } from '../cold/piece-box.js';
import type { AttachedReader } from '../handle/attached-reader.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import type { BlockingWaits } from './blocking-waits.js';
import { assertMayBlock } from './may-block.js';
import { timeoutError } from './timeout-error.js';

/** A blocking read of content with cold bytes. */
export interface ColdRead {
  readonly attached: AttachedReader;
  readonly cold: BoxReader;
  readonly waits: BlockingWaits;
  /** Where to read from, in bytes. */
  readonly at: number;
  readonly target: Uint8Array;
  /** How many bytes to block for. */
  readonly min: number;
  /** In milliseconds; undefined: without end. */
  readonly timeout: number | undefined;
  /** In epoch milliseconds. */
  readonly neededBy: number | undefined;
}

/**
 * Blocks until `min` bytes are there or the end is reached, copies them, and fetches what is cold
 * of them, piece by piece. Returns how many bytes there are. Starts over where the content was
 * replaced meanwhile, so that all pieces are of one.
 */
export function readCold(read: ColdRead): number {
  const { attached, timeout } = read;
  const deadline = timeout === undefined ? Infinity : performance.now() + timeout;
  for (;;) {
    const { generation } = attached.state;
    const done = readGeneration(read, generation, deadline);
    if (attached.state.generation === generation) return done;
  }
}

/** Returns how many bytes it has read; it stops where the generation changes. */
function readGeneration(read: ColdRead, generation: number, deadline: number): number {
  const { attached, waits, at, target, min, timeout, neededBy } = read;
  let done = 0;
  do {
    if (min === 0) attached.assertUsable('Read bytes');
    const from = at + done;
    const needed = Math.min(min - done, PIECE_BYTES);
    const rest = target.subarray(done);
    const length = attached.ended === undefined ? attached.bytes.copy(from, rest.length, rest, needed) : undefined;
    if (length === undefined) {
      const left = timeout === undefined ? undefined : Math.max(0, deadline - performance.now());
      const outcome = waits.block({ start: from, end: at + min, withinLength: true, timeout: left, neededBy });
      if (outcome === WaitOutcome.Interrupted) throw interruptedError(from, at + min);
      if (outcome === WaitOutcome.Eof) break;
      done += fetchPiece(read, from, rest.subarray(0, PIECE_BYTES), generation, deadline);
    } else {
      done += length;
      if (length < needed) break;
    }
  } while (done < min && attached.state.generation === generation);
  return done;
}

/**
 * The order of `cold/piece-box.ts`, around one piece. Returns how many bytes it has got; 0: they
 * are not covered any more, or of other content.
 */
function fetchPiece(read: ColdRead, from: number, target: Uint8Array, generation: number, deadline: number): number {
  const { attached, cold, at, min, timeout } = read;
  const { state, cell, words, wakeWord } = attached;
  const waited = { start: from, end: at + min };
  if (!cold.hasAsked(from, target.length)) {
    if (cell.deliverInterrupt()) throw interruptedError(waited.start, waited.end);
    cold.ask(from, target.length);
  }
  for (;;) {
    const count = attached.acknowledge();
    const ended = attached.coldEnded;
    if (ended !== undefined)
      throw endedError({ state: ended }, `Waited for [${waited.start}, ${waited.end})`, { range: waited });
    const given = cold.take(target, generation);
    if (given !== undefined) return given;
    if (state.coveredUntil(from) === from) return 0;
    if (cell.deliverInterrupt()) throw interruptedError(waited.start, waited.end);
    const left = deadline - performance.now();
    if (left <= 0) throw timeoutError(waited, timeout ?? 0, 'the owner has not given them yet');
    assertMayBlock(state.owner);
    Atomics.wait(words, wakeWord, count, left);
  }
}
