import type { Subscriber } from 'rxjs';

import { endedError, interruptedError } from '../bytes/ended-error.js';
import type { AskedPiece } from './cold-source.js';

/** A piece that somebody waits for. */
export interface PendingPiece extends AskedPiece {
  readonly subscriber: Subscriber<number>;
}

/** Ends those that an interrupt ends. */
export function interruptPieces(pending: Iterable<PendingPiece>): void {
  for (const { start, target, uninterruptible, subscriber } of [...pending])
    if (!uninterruptible) subscriber.error(interruptedError(start, start + target.length));
}

/** Ends all, since nobody gives them any more. */
export function endPieces(pending: Iterable<PendingPiece>, state: 'closed' | 'cancelled'): void {
  for (const piece of [...pending]) piece.subscriber.error(pieceEndedError(piece, state));
}

/** The error for a piece that nobody gives any more. */
export function pieceEndedError({ start, target }: AskedPiece, state: 'closed' | 'cancelled'): Error {
  const range = { start, end: start + target.length };
  return endedError({ state }, `Waited for [${range.start}, ${range.end})`, { range });
}
