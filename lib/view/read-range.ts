import { defer, first, map, Observable, repeat } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import { interruptedError } from '../bytes/ended-error.js';
import type { WaitKind } from '../changes/wait-queue.js';
import { checkOptions } from '../errors/check-options.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import { abortedError, checkSignal, onAbort } from '../waits/abort.js';
import type { ReadOptions } from '../waits/read-options.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import type { ViewInside } from './own-view.js';

const OPTIONS = ['neededBy', 'signal'] as const;

/** How a read goes on, once its arguments are checked: emits the bytes of `[start, end)`. */
export type ReadSteps = (
  inside: ViewInside,
  start: number,
  end: number,
  neededBy: number | undefined,
  kind: WaitKind & { readonly uninterruptible: boolean },
) => Observable<Uint8Array<ArrayBuffer>>;

/** Waits for a whole range, and emits a copy of it. */
export function readRange(
  inside: ViewInside,
  range: ByteRange,
  uninterruptible: boolean,
  options: ReadOptions = {},
  steps: ReadSteps = copyRange,
): Observable<Uint8Array<ArrayBuffer>> {
  return new Observable((subscriber) => {
    // RxJS gives to the subscriber what is thrown here.
    const { start, end } = checkedRange(range);
    checkOptions(options, OPTIONS);
    const { neededBy, signal } = options;
    checkSignal(signal);
    subscriber.add(
      onAbort(signal, () => {
        subscriber.error(abortedError(`Waited for [${start}, ${end})`, signal, range));
      }),
    );
    if (subscriber.closed) return undefined;
    const by = typeof neededBy === 'function' ? neededBy(start) : neededBy;
    return steps(inside, start, end, by, { withinLength: true, uninterruptible, age: {} }).subscribe(subscriber);
  });
}

/**
 * Waits again if bytes were removed in between. What is longer than may be waited for at once it
 * copies piece by piece.
 */
const copyRange: ReadSteps = ({ parts, waits }, start, end, neededBy, kind) => {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  let at = start;
  const joined = (): Uint8Array<ArrayBuffer> => parts.use?.join(pieces) ?? pieces[0] ?? new Uint8Array(0);
  /** Goes on with the next piece, or the same one; undefined until there is no more. */
  const step$ = defer(() => {
    const length = Math.min(end - at, parts.use?.longestWait ?? Infinity);
    return waits.wait({ start: at, end: at + length }, { neededBy }, kind).pipe(
      map((outcome) => {
        if (outcome === WaitOutcome.Interrupted) throw interruptedError(start, end);
        if (outcome === WaitOutcome.Eof || at === end) return joined();
        let piece = new Uint8Array(0);
        const room = (there: number): Uint8Array => (piece = allocate(there));
        // If the view has ended in between, the next wait errors.
        const copied = parts.ended === undefined ? parts.bytes.copy(at, length, room, length) : undefined;
        if (copied === undefined) return undefined;
        if (copied > 0) pieces.push(piece);
        at += copied;
        return copied < length || at === end ? joined() : undefined;
      }),
    );
  });
  return step$.pipe(
    repeat(),
    first((bytes) => bytes !== undefined),
  );
};
