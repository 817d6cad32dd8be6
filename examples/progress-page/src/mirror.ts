import { catchError, EMPTY, exhaustMap, expand, merge, type Observable, type Subscription, switchMap, tap } from 'rxjs';
import type { ByteRange, Demand, Resource, ResourceView } from 'tidemark';
import { messageOf } from './format.js';

/** The most to copy at once, in bytes: then whoever waits may have another place to go to. */
const PIECE = 65_536;

/**
 * Copies what is there of `content` into `resource`, until unsubscribed: a decoder blocks on memory
 * that it shares with this page, and the bytes of a store in another thread are not in any.
 *
 * Where somebody waits comes first. What they wait for, and until when, `content` is asked for, and
 * so is its download; by the copying itself it is asked for nothing. When all is there, `resource`
 * is committed.
 */
export function mirror(content: ResourceView, resource: Resource): Subscription {
  let demands: readonly Demand[] = [];
  let position = 0;

  /** The next bytes to copy; undefined if there are none for now. */
  function nextPiece(): ByteRange | undefined {
    const { coverage } = content;
    const waited = demands.find(({ range }) => coverage.coveredUntil(range.start) > range.start);
    return pieceFrom(waited?.range.start ?? position) ?? pieceFrom(0);
  }

  function pieceFrom(from: number): ByteRange | undefined {
    for (let at = from; ;) {
      const missing = resource.nextGap(at);
      if (missing === undefined) return undefined;
      const { start } = missing;
      const end = Math.min(missing.end, content.coverage.coveredUntil(start), start + PIECE);
      if (end > start) return { start, end };
      // Not there either: what comes behind it may be.
      const gap = content.nextGap(start, missing.end);
      if (gap === undefined) return undefined;
      at = gap.end;
    }
  }

  function copyNext(): Observable<unknown> {
    if (resource.status.state !== 'active') return EMPTY;
    const { expectedLength, length } = content;
    if (expectedLength !== resource.expectedLength) resource.expectedLength = expectedLength;
    const piece = nextPiece();
    if (piece === undefined) {
      if (length !== undefined && resource.nextGap(0) === undefined) resource.commit();
      return EMPTY;
    }
    return content.read(piece).pipe(
      tap((bytes) => {
        resource.writeAt(piece.start, bytes);
        position = piece.end;
      }),
    );
  }

  const demand$ = resource.demand$.pipe(tap((now) => (demands = now)));
  const subscription = demand$
    .pipe(
      switchMap((now) => merge(...now.map(({ range, neededBy }) => content.waitRange(range, { neededBy })))),
      // Why it ends is said where it is read.
      catchError(() => EMPTY),
    )
    .subscribe();
  subscription.add(
    merge(content.coverage$, content.status$, resource.demand$)
      .pipe(exhaustMap(() => copyNext().pipe(expand(copyNext))))
      .subscribe({
        error: (error: unknown) => {
          if (resource.status.state === 'active') resource.fail(messageOf(error));
        },
      }),
  );
  return subscription;
}
