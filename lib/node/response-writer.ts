import { ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import { RUNTIME } from '../drivers/mmap/native/runtime.js';
import type { BodyPiece, PieceUse } from './body-pieces.js';
import type { ServerAnswer } from './client-gone.js';
import { untilGone } from './until-gone.js';

// As Node has them: whoever replaces one may keep the bytes, or read them in this process.
const WRITE = memberOf(ServerResponse.prototype, 'write');
const SOCKET_WRITES = ['write', '_write', '_writev'].map((name) => [name, memberOf(Socket.prototype, name)] as const);

/**
 * Writes pieces to a response, one after the other, each once the one before has left.
 *
 * A write of Node's own calls back when the bytes have been handed over: to the system by a plain
 * socket, encrypted by one of TLS. Until then they must not change, after that nobody reads them.
 * For writes that are not Node's own (compression, HTTP/2, a stream in place of a socket) that is
 * not so, and `drain` paces them.
 */
export class ResponseWriter implements PieceUse {
  readonly lends: boolean;
  readonly reuses: boolean;
  readonly #response: ServerAnswer;
  readonly #gone: AbortSignal;

  private constructor(response: ServerAnswer, gone: AbortSignal) {
    const { socket } = response;
    this.#response = response;
    this.#gone = gone;
    this.reuses = isOwnWrite(response) && isOwnSocket(socket);
    // One of TLS reads the bytes in this process: if a file is shorter than its mapping, that is
    // SIGBUS, which ends it. For the system it is EFAULT.
    this.lends = this.reuses && !(socket instanceof TLSSocket);
  }

  /** Waits for the connection: {@link isQueued}. */
  static async for(response: ServerAnswer, gone: AbortSignal): Promise<ResponseWriter> {
    if (isQueued(response)) {
      await untilGone(gone, (resolve) => {
        response.once('socket', resolve);
        return () => response.off('socket', resolve);
      });
    }
    return new ResponseWriter(response, gone);
  }

  /** Resolves when the next piece may be written; releases this one when nobody reads it. */
  async write(piece: BodyPiece): Promise<void> {
    // The compatibility API of HTTP/2 has the same `write`.
    const response = this.#response as ServerResponse;
    if (this.#gone.aborted || response.writableEnded) {
      piece.release();
      this.#gone.throwIfAborted();
      // Node would emit an error that nobody listens to.
      throw endedError();
    }
    await untilGone(this.#gone, (resolve, reject) => {
      if (this.reuses) {
        response.write(piece.bytes, (error) => {
          piece.release();
          if (error) reject(error);
          else resolve();
        });
        return undefined;
      }
      if (response.write(piece.bytes)) {
        resolve();
        return undefined;
      }
      response.once('drain', resolve);
      return () => response.off('drain', resolve);
    });
  }

  /** Resolves when all was handed over. */
  async end(): Promise<void> {
    const response = this.#response;
    await untilGone(this.#gone, (resolve) => {
      response.once('finish', resolve);
      response.end();
      return () => response.off('finish', resolve);
    });
  }
}

/** True while the connection is for answers to earlier requests, which were pipelined on it. */
export function isQueued(response: ServerAnswer): boolean {
  return isOwnWrite(response) && !('stream' in response) && response.socket === null;
}

function isOwnWrite(response: ServerAnswer): boolean {
  return RUNTIME === 'Node' && memberOf(response, 'write') === WRITE;
}

function isOwnSocket(socket: Socket | null): boolean {
  const kind: unknown = socket && Object.getPrototypeOf(socket);
  if (socket === null || (kind !== Socket.prototype && kind !== TLSSocket.prototype)) return false;
  return SOCKET_WRITES.every(([name, own]) => memberOf(socket, name) === own);
}

function memberOf(object: object, name: string): unknown {
  return Reflect.get(object, name);
}

function endedError(): Error {
  return Object.assign(new Error('The response was ended by somebody else before all of the body was written.'), {
    code: 'ERR_STREAM_WRITE_AFTER_END',
  });
}
