import { mergeMap, Observable, of } from 'rxjs';

import { allocate } from '../bytes/allocate.js';
import { interruptedError } from '../bytes/ended-error.js';
import { checkOptions } from '../errors/check-options.js';
import type { ByteRange } from '../range/byte-range.js';
import { checkedRange } from '../range/checks.js';
import { abortedError, checkSignal, onAbort } from '../waits/abort.js';
import type { ReadOptions } from '../waits/read-options.js';
import { WaitOutcome } from '../waits/wait-outcome.js';
import type { ViewInside } from './own-view.js';

const OPTIONS = ['neededBy', 'signal'] as const;

/**
 * Waits for a whole range and emits a copy of it. Waits again if bytes of it were removed in
 * between.
 */
export function readRange(
  inside: ViewInside,
  range: ByteRange,
  uninterruptible: boolean,
  options: ReadOptions = {},
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
    const { parts, waits } = inside;
    const by = typeof neededBy === 'function' ? neededBy(start) : neededBy;
    const read = (): Observable<Uint8Array<ArrayBuffer>> =>
      waits.wait(range, { neededBy: by }, { withinLength: true, uninterruptible }).pipe(
        mergeMap((outcome) => {
          if (outcome === WaitOutcome.Interrupted) throw interruptedError(start, end);
          const none = new Uint8Array(0);
          if (outcome === WaitOutcome.Eof || start === end) return of(none);
          const length = end - start;
          let bytes = none;
          const room = (there: number): Uint8Array => (bytes = allocate(there));
          // If the view has ended in between, the next wait errors.
          const copied = parts.ended === undefined ? parts.bytes.copy(start, length, room, length) : undefined;
          if (copied === undefined) return read();
          return of(copied === 0 ? none : bytes);
        }),
      );
    return read().subscribe(subscriber);
  });
}
