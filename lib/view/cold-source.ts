import type { Observable } from 'rxjs';

/** What is fetched: bytes that are covered, and that this thread cannot read by itself. */
export interface AskedPiece {
  /** Where the bytes begin, in bytes of the content. */
  readonly start: number;
  /** What they are copied to, as many as one piece holds. Untouched once it is unsubscribed. */
  readonly target: Uint8Array;
  /** The {@link ColdSource.generation} that they are to be of. */
  readonly generation: number;
  /** `interrupt` does not end it. */
  readonly uninterruptible: boolean;
  /** It goes on with a read, which an interrupt of before may end. */
  readonly continues: boolean;
}

/** How a view gets cold bytes. */
export interface ColdSource {
  /** Changes when content is replaced: pieces of one read are of one generation. */
  readonly generation: number;
  /** The most that one fetch gets, in bytes. */
  readonly pieceBytes: number;
  /**
   * Emits how many bytes it has got, and completes; 0: they are not covered any more, or of
   * another generation. Errors with what the owner could not read them for, with `INTERRUPTED`,
   * and with `CLOSED` or `CANCELLED` once nobody gives any.
   */
  fetch(asked: AskedPiece): Observable<number>;
}
