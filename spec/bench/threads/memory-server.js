// An HTTP server in a process of its own that sends ranges of bytes in memory as fast as they are
// taken. Says where it listens.
import { createServer } from 'node:http';
import { contentAt } from '../tools/content.js';
import { taken } from '../tools/taken.js';

const PIECE = 2 ** 20;
const length = Number(process.argv[2]);
const content = contentAt(0, length);

const server = createServer((request, response) => void send(request, response));

/**
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 */
async function send(request, response) {
  const asked = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  const start = Number(asked?.[1] ?? 0);
  const end = asked?.[2] ? Math.min(Number(asked[2]) + 1, length) : length;
  const headers = { etag: '"1"', 'accept-ranges': 'bytes', 'content-length': end - start };
  if (asked === null) response.writeHead(200, headers);
  else response.writeHead(206, { ...headers, 'content-range': `bytes ${start}-${end - 1}/${length}` });
  for (let sent = start; sent < end && !response.destroyed; sent += PIECE) {
    if (!response.write(content.subarray(sent, Math.min(end, sent + PIECE)))) await taken(response);
  }
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  process.send?.(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});
process.on('disconnect', () => process.exit());
