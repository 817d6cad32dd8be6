// An HTTP server in a process of its own, of content that is made from offsets: ranges of it at a
// fixed rate, each after a fixed time. Says where it listens; `/sent` answers how many bytes it has
// sent.
import { createServer } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { contentAt } from '../tools/content.js';
import { taken } from '../tools/taken.js';

/** The content repeats itself after so many bytes. */
const PERIOD = 2 ** 20;
const PIECE = 2 ** 16;
const [length = 0, rate = Infinity, latency = 0] = process.argv.slice(2).map(Number);
const twice = Buffer.concat([contentAt(0, PERIOD), contentAt(0, PIECE)]);
let allSent = 0;

const server = createServer((request, response) => {
  if (request.url === '/sent') response.end(String(allSent));
  else void send(request, response);
});

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function send(request, response) {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(asked?.[1] ?? 0);
  const end = asked?.[2] ? Math.min(Number(asked[2]) + 1, length) : length;
  if (latency > 0) await after(latency);
  const headers = { etag: '"1"', 'content-length': end - start };
  if (asked === null) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end - 1}/${length}` });
  const begin = performance.now();
  for (let at = start; at < end && !response.destroyed; at += PIECE) {
    const early = ((at - start) / rate) * 1000 - (performance.now() - begin);
    if (early > 1) await after(early);
    const from = at % PERIOD;
    const piece = twice.subarray(from, from + Math.min(PIECE, end - at));
    allSent += piece.length;
    if (!response.write(piece)) await taken(response);
  }
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  process.send?.(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});
process.on('disconnect', () => process.exit());
