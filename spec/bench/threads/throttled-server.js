// An HTTP server that sends its content at a fixed rate.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { setTimeout as after } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { contentAt } from '../tools/content.js';

const PIECE = 64 * 1024;

/** @type {{ length: number, rate: number }} */
const { length, rate } = workerData;
const content = contentAt(0, length);

const server = createServer((_, response) => void send(response));

/** @param {import('node:http').ServerResponse} response */
async function send(response) {
  response.setHeader('Content-Length', length);
  const begin = performance.now();
  for (let sent = 0; sent < length; sent += PIECE) {
    // What is due by now goes out at once, so that a late timer costs nothing.
    const early = (sent / rate) * 1000 - (performance.now() - begin);
    if (early > 0) await after(early);
    if (!response.write(content.subarray(sent, sent + PIECE))) await once(response, 'drain');
  }
  response.end();
}

server.listen(0, '127.0.0.1', () => {
  parentPort?.postMessage(/** @type {import('node:net').AddressInfo} */ (server.address()).port);
});
