// A web server with one file in it, made slow on purpose: something has to be missing for this
// example to be about anything. It answers ranged requests, as any server does that media is played
// from.

import { open } from 'node:fs/promises';
import { createServer } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Observable } from 'rxjs';

// Small slices, so that answers running side by side share the rate evenly.
const SLICES_PER_SECOND = 40;
const MAX_SLICE = 65_536;

/**
 * Serves a file on loopback while subscribed to: emits its address once, and does not complete by
 * itself.
 *
 * @param {string} path
 * @param {number} bytesPerSecond for all answers together
 * @returns {Observable<URL>} errors if the file cannot be read
 */
export function serveFile(path, bytesPerSecond) {
  return new Observable((subscriber) => {
    const server = createServer(fileHandler(path, bytesPerSecond));
    server.on('error', (error) => subscriber.error(error));
    open(path)
      .then(async (file) => {
        const isFile = (await file.stat()).isFile();
        await file.close();
        if (!isFile) throw new Error(`Not a file: ${path}`);
        server.listen(0, '127.0.0.1', () => {
          const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
          subscriber.next(new URL(`http://127.0.0.1:${port}/`));
        });
      })
      .catch((error) => subscriber.error(error));
    return () => {
      server.close();
      server.closeAllConnections();
    };
  });
}

/**
 * Answers requests of a server, whatever their address, with a file.
 *
 * @param {string} path
 * @param {number} bytesPerSecond for all answers together
 * @returns {(request: import('node:http').IncomingMessage, response:
 * import('node:http').ServerResponse) => void}
 */
export function fileHandler(path, bytesPerSecond) {
  const limit = rateLimit(bytesPerSecond);
  return (request, response) => {
    answer(path, request, response, limit).catch(() => response.destroy());
  };
}

/**
 * @param {string} path
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {RateLimit} limit
 */
async function answer(path, request, response, limit) {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.writeHead(405, { allow: 'GET, HEAD' }).end();
    return;
  }
  const file = await open(path);
  try {
    const { size, etag } = await versionOf(file);
    const condition = request.headers['if-range'];
    // A part of another version is of no use to who has parts of this one: then all of it.
    const asked = condition === undefined || condition === etag ? request.headers.range : undefined;
    const range = asked === undefined ? { start: 0, end: size } : parseRange(asked, size);
    response.setHeader('accept-ranges', 'bytes');
    response.setHeader('etag', etag);
    if (range === undefined) {
      response.writeHead(416, { 'content-range': `bytes */${size}` }).end();
      return;
    }
    response.setHeader('content-type', 'audio/flac');
    response.setHeader('content-length', range.end - range.start);
    if (asked !== undefined) response.setHeader('content-range', `bytes ${range.start}-${range.end - 1}/${size}`);
    response.writeHead(asked === undefined ? 200 : 206);
    if (request.method === 'HEAD') response.end();
    else await pipeline(Readable.from(slices(file, etag, range, limit)), response);
  } finally {
    await file.close();
  }
}

/**
 * The ETag is a strong one: whatever changes the file changes its length or time.
 *
 * @param {import('node:fs/promises').FileHandle} file
 */
async function versionOf(file) {
  const { size, mtimeNs } = await file.stat({ bigint: true });
  return { size: Number(size), etag: `"${size.toString(36)}-${mtimeNs.toString(36)}"` };
}

/**
 * @param {import('node:fs/promises').FileHandle} file
 * @param {string} etag of the version that the bytes have to be of
 * @param {{ start: number, end: number }} range half-open
 * @param {RateLimit} limit
 */
async function* slices(file, etag, { start, end }, { sliceBytes, turn }) {
  for (let position = start; position < end;) {
    const slice = Buffer.allocUnsafe(Math.min(sliceBytes, end - position));
    await turn(slice.length);
    const { bytesRead } = await file.read(slice, 0, slice.length, position);
    if ((await versionOf(file)).etag !== etag) throw new Error('The file changed while being served.');
    yield slice.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/**
 * One queue for all answers. `turn` resolves when that many bytes, `sliceBytes` at most, may go
 * out.
 *
 * @typedef {{ sliceBytes: number, turn: (bytes: number) => Promise<void> }} RateLimit
 *
 * @param {number} bytesPerSecond
 * @returns {RateLimit}
 */
function rateLimit(bytesPerSecond) {
  let free = 0; // when all that was let through so far will have gone out, in ms
  return {
    sliceBytes: Math.min(MAX_SLICE, Math.ceil(bytesPerSecond / SLICES_PER_SECOND)),
    async turn(bytes) {
      const now = performance.now();
      free = Math.max(free, now) + (bytes / bytesPerSecond) * 1000;
      await delay(free - now);
    },
  };
}

/**
 * Reads `bytes=first-last`, `bytes=first-` and `bytes=-count`.
 *
 * @param {string} header
 * @param {number} size
 * @returns {{ start: number, end: number } | undefined} half-open; undefined if no byte of the file
 * is in it
 */
function parseRange(header, size) {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(header) ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  return start < end ? { start, end } : undefined;
}
