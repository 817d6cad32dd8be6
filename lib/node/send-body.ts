import { systemCode } from '../drivers/mmap/files/io-error.js';
import { StorageError } from '../errors/storage-error.js';
import { assertSameVersion, assertWhole, type PromisedContent } from '../http/serve/promised-content.js';
import { TURN } from '../operators/chunk-sizes.js';
import { MAX_OFFSET } from '../range/byte-range.js';
import type { NeededBy } from '../range/times.js';
import { accessTo } from '../view/access-to.js';
import type { ResourceView } from '../view/resource-view.js';
import { type BodyPiece, BodyPieces } from './body-pieces.js';
import { breakOff } from './break-off.js';
import type { ServerAnswer } from './client-gone.js';
import { isQueued, ResponseWriter } from './response-writer.js';
import { untilGone } from './until-gone.js';

/**
 * Writes the content that its headers have promised, as it comes and as fast as the client takes
 * it, and ends the response. Rejects with the reason of `gone` when that fires, and destroys the
 * response where it rejects.
 */
export async function sendBody(
  view: ResourceView,
  promised: PromisedContent,
  response: ServerAnswer,
  { gone, neededBy }: { readonly gone: AbortSignal; readonly neededBy: NeededBy | undefined },
): Promise<void> {
  const pieces = new BodyPieces(view, promised.range.start, neededBy);
  try {
    await writeBody(view, pieces, promised, response, gone);
  } catch (error) {
    breakOff(response, error as Error);
    throw error;
  } finally {
    pieces.close();
  }
}

async function writeBody(
  view: ResourceView,
  pieces: BodyPieces,
  promised: PromisedContent,
  response: ServerAnswer,
  gone: AbortSignal,
): Promise<void> {
  const end = Math.min(promised.range.end, MAX_OFFSET);
  let position = promised.range.start;
  let sinceTurn = 0;
  // What is missing is fetched while others have the connection.
  while (isQueued(response) && !pieces.isThere(position)) await arrived();
  const writer = await ResponseWriter.for(response, gone);
  while (position < end) {
    const piece = pieces.next(position, end, writer);
    if (piece === undefined) {
      sinceTurn = 0;
      await arrived();
      continue;
    }
    const { length } = piece.bytes;
    if (length === 0) break;
    await writePiece(piece, position);
    position += length;
    sinceTurn += length;
    // A client that takes everything at once would keep the others waiting.
    if (sinceTurn >= TURN) {
      sinceTurn = 0;
      await new Promise(setImmediate);
    }
  }
  assertWhole(promised, position);
  await writer.end();

  async function arrived(): Promise<void> {
    await untilGone(gone, (resolve, reject) => {
      const waiting = pieces.arrival(position, end).subscribe({ error: reject, complete: resolve });
      return () => waiting.unsubscribe();
    });
  }

  async function writePiece(piece: BodyPiece, start: number): Promise<void> {
    try {
      assertSameVersion(view, promised);
    } catch (error) {
      piece.release();
      throw error;
    }
    try {
      await writer.write(piece);
    } catch (error) {
      if (piece.lent && systemCode(error) === 'EFAULT') throw lostError(start, start + piece.bytes.length, error);
      throw error;
    }
  }

  function lostError(start: number, pieceEnd: number, cause: unknown): StorageError {
    const { path } = accessTo(view).errorDetails;
    return new StorageError(
      'IO',
      `Served [${start}, ${pieceEnd})${path === undefined ? '' : ` of ${path}`}, and the file has no such bytes any more: somebody else has made ` +
        'it shorter, or its disk has failed. The answer was broken off. Nobody but its resource may write it; open it anew.',
      { path, range: { start, end: pieceEnd }, cause },
    );
  }
}
