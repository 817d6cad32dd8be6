import type { Observable } from 'rxjs';

import { DEFAULT_CHUNK } from '../operators/chunk-sizes.js';
import { neededAt, type NeededBy } from '../range/times.js';
import { accessTo, arrival } from '../view/access-to.js';
import type { ResourceView } from '../view/resource-view.js';
import type { ViewAccess } from '../view/view-access.js';
import { CommittedBytes } from './committed-bytes.js';
import { copySize, countHeld, giveBuffer, newBuffer, takeBuffer } from './copy-buffers.js';

/** The most that is lent at once, in bytes; more is no faster (measured). */
const LENT = 2 ** 20;
/** What is shorter is copied, in bytes: to map a file takes longer than to read this much. */
const WORTH_LENDING = 256 * 1024;
/**
 * The end of a body that is not lent but copied, in bytes, once all before it is written. Until
 * then a change of the content can still be told, by not sending it. A copy also notices that the
 * file has become shorter within its last page, where the mapping shows zeros.
 */
const TAIL = 64 * 1024;

/** Some bytes of a body. */
export interface BodyPiece {
  readonly bytes: Uint8Array;
  /** They are where the driver has them; else they are a copy. */
  readonly lent: boolean;
  /** To be called once nobody reads them any more. Idempotent. */
  release(): void;
}

/** What whoever writes a body can do with its pieces. */
export interface PieceUse {
  /** Leaves it to the system alone to read them, and says when it has. */
  readonly lends: boolean;
  /** Says when nobody reads them any more. */
  readonly reuses: boolean;
}

/** Takes the bytes of a view in order, as large pieces, without copying where that can be. */
export class BodyPieces {
  readonly #access: ViewAccess;
  readonly #committed: CommittedBytes | undefined;
  readonly #neededBy: (offset: number) => number | undefined;
  /** How many bytes the last piece has copied. */
  #held = 0;

  /** @param neededBy - a number is for the bytes at `start` */
  constructor(view: ResourceView, start: number, neededBy: NeededBy | undefined) {
    this.#neededBy = (offset) => neededAt(neededBy, offset, start);
    this.#access = accessTo(view);
    this.#committed = CommittedBytes.of(view);
  }

  /** To be called when no piece is taken any more. */
  close(): void {
    this.#hold(0);
  }

  /** Tells whether there is something at `position`, or the content ends there. */
  isThere(position: number): boolean {
    return this.#copy(position, position + 1, false) !== undefined;
  }

  /**
   * Demands the bytes behind `position` until the first of them is there, and then completes. To be
   * called once that is not.
   */
  arrival(position: number, end: number): Observable<unknown> {
    const length = Math.min(DEFAULT_CHUNK, end - position);
    return arrival(this.#access, position, length, 1, this.#neededBy(position));
  }

  /**
   * Returns bytes of `[position, end)` that are there: none at the end of the content. Undefined
   * where none is there yet.
   */
  next(position: number, end: number, { lends, reuses }: PieceUse): BodyPiece | undefined {
    this.#hold(0);
    const lent = lends ? this.#lend(position, end) : undefined;
    return lent ?? this.#copy(position, end, reuses);
  }

  #lend(position: number, end: number): BodyPiece | undefined {
    const piece = this.#committed?.lend(position, end, (there) =>
      there < WORTH_LENDING ? 0 : Math.min(LENT, there - TAIL),
    );
    return (
      piece && {
        bytes: piece.bytes,
        lent: true,
        release: () => {
          piece.release();
        },
      }
    );
  }

  #copy(position: number, end: number, reuses: boolean): BodyPiece | undefined {
    const size = Math.min(copySize(), end - position);
    let buffer: Uint8Array<ArrayBuffer> | undefined;
    const room = (length: number): Uint8Array<ArrayBuffer> => {
      if (buffer === undefined || buffer.length < length) buffer = (reuses ? takeBuffer : newBuffer)(length);
      return buffer.subarray(0, length);
    };
    const read = this.#committed?.read(position, position + size, room);
    const copied = read?.length ?? this.#access.copy(position, size, room, 1);
    if (copied === undefined) return undefined;
    this.#hold(buffer?.length ?? 0);
    const bytes = buffer?.subarray(0, copied) ?? new Uint8Array(0);
    return {
      bytes,
      lent: false,
      release: () => {
        if (buffer !== undefined && reuses) giveBuffer(buffer);
        buffer = undefined;
      },
    };
  }

  #hold(length: number): void {
    countHeld(length - this.#held);
    this.#held = length;
  }
}
