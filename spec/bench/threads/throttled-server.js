// An HTTP server that sends ranges of its content at a fixed rate, each after a fixed time.
import { createServer } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { contentAt } from '../tools/content.js';
import { taken } from '../tools/taken.js';

const PIECE = 64 * 1024;
/** How much of the time in which nothing was sent may be made up for, in milliseconds. */
const MOST_LATE = 20;

/**
 * Bytes, bytes a second, milliseconds.
 *
 * @type {{ length: number, rate: number, latency?: number }}
 */
const { length, rate, latency = 0 } = workerData;
const content = contentAt(0, length);

/**
 * When all that was let through so far will have gone out, in milliseconds: all answers together
 * keep to the rate.
 */
let free = 0;

const server = createServer((request, response) => void send(request, response));

/**
 * @param {import('node:http').IncomingMessage} request for a range
 * @param {import('node:http').ServerResponse} response
 */
async function send(request, response) {
  const [, first, last] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? [];
  const [start, end] = [Number(first), Math.min(Number(last) + 1, length)];
  if (latency > 0) await after(latency);
  response.writeHead(206, { 'content-range': `bytes ${start}-${end - 1}/${length}`, 'content-length': end - start });
  for (let sent = start; sent < end && !response.destroyed; sent += PIECE) {
    const piece = content.subarray(sent, Math.min(end, sent + PIECE));
    // What is due by now goes out at once, so that a late timer costs nothing.
    const now = performance.now();
    free = Math.max(free, now - MOST_LATE) + (piece.length / rate) * 1000;
    if (free > now) await after(free - now);
    if (!response.write(piece)) await taken(response);
  }
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});
