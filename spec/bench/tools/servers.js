import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createReadStream, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createPlainServer } from 'node:net';
import { basename, dirname } from 'node:path';
import sirv from 'sirv';
import { costOf } from './cost.js';
import { CURL_ALONE } from './programs.js';

/** @import { IncomingMessage, ServerResponse } from 'node:http' */
/** @import { AddressInfo } from 'node:net' */
/** @import { Cost } from './cost.js' */

/** @typedef {(request: IncomingMessage, response: ServerResponse) => unknown} Answer */
const MIB = 2 ** 20;

/** Serves by Node, in this process. @param {Answer} answer */
export async function listen(answer) {
  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return /** @type {AddressInfo} */ (server.address()).port;
}

/**
 * A file as Node streams it, a MiB at a time.
 *
 * @param {string} path
 * @param {number} length
 * @returns {Answer}
 */
export function streamed(path, length) {
  return (_, response) => {
    response.setHeader('content-length', length);
    createReadStream(path, { highWaterMark: MIB }).pipe(response);
  };
}

/** The folder of a file, by `sirv`. @param {string} path @returns {Answer} */
export function bySirv(path) {
  return sirv(dirname(path));
}

/**
 * A MiB of memory after the other, as `write` takes them.
 *
 * @param {Uint8Array} bytes
 * @returns {Answer}
 */
export function written(bytes) {
  return async (_, response) => {
    response.setHeader('content-length', bytes.length);
    for (let at = 0; at < bytes.length; at += MIB) {
      if (!response.write(bytes.subarray(at, at + MIB))) await once(response, 'drain');
    }
    response.end();
  };
}

/**
 * The folder of a file, by nginx with sendfile, until this process ends.
 *
 * @param {string} path
 * @param {string} folder
 */
export async function byNginx(path, folder) {
  const port = await freePort();
  const own = `${folder}/nginx`;
  mkdirSync(own);
  const temps = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${own}/${name};`);
  writeFileSync(
    `${own}/nginx.conf`,
    `daemon off; master_process off; pid ${own}/pid; error_log ${own}/errors; events {}
     http { access_log off; sendfile on; ${temps.join(' ')} server { listen 127.0.0.1:${port}; root ${dirname(path)}; } }`,
  );
  // Its standard input ends when this process does, even where that is killed.
  const command = 'nginx -c "$0/nginx.conf" -e "$0/errors" & cat > /dev/null; kill $!';
  spawn('sh', ['-c', command, own], { stdio: ['pipe', 'inherit', 'inherit'] });
  for (let tries = 0; tries < 100; tries++) {
    const answer = await fetch(`http://127.0.0.1:${port}/`, { method: 'HEAD' }).catch(() => undefined);
    if (answer !== undefined) break;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return port;
}

async function freePort() {
  const server = createPlainServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {AddressInfo} */ (server.address());
  server.close();
  return port;
}

/**
 * Starts the raw client; fetches with it.
 *
 * @returns {Promise<(port: number, path: string, length: number) => Promise<Cost>>}
 */
export async function startClient() {
  const client = fork(new URL('../threads/raw-client.js', import.meta.url), { execArgv: [] });
  await once(client, 'message');
  return (port, path, length) =>
    costPerMebibyte(length, async () => {
      client.send({ port, path: `/${basename(path)}` });
      const [{ received, ms }] = await once(client, 'message');
      // Headers come on top.
      if (received < length || received > length + 4096)
        throw new Error(`${received} bytes came instead of ${length}.`);
      return ms;
    });
}

/**
 * Fetches with curl, which reads all and writes nothing.
 *
 * @param {number} port
 * @param {string} path
 * @param {number} length
 */
export function fetchByCurl(port, path, length) {
  return costPerMebibyte(length, async () => {
    const url = `http://127.0.0.1:${port}/${basename(path)}`;
    const curl = spawn('curl', [...CURL_ALONE, '-sS', '-o', '/dev/null', '-w', '%{size_download} %{time_total}', url]);
    curl.stderr.pipe(process.stderr);
    const [received, seconds] = (await curl.stdout.setEncoding('utf8').toArray()).join('').split(' ').map(Number);
    if (received !== length) throw new Error(`${received} bytes came instead of ${length}.`);
    return Number(seconds) * 1000;
  });
}

/**
 * A fetch of everything, whose time the client says in milliseconds, for each MiB.
 *
 * @param {number} length
 * @param {() => Promise<number>} fetchAll
 * @returns {Promise<Cost>}
 */
async function costPerMebibyte(length, fetchAll) {
  let ms = 0;
  const { cpu } = await costOf(async () => (ms = await fetchAll()));
  const mebibytes = length / MIB;
  return { time: (ms * 1e6) / mebibytes, cpu: cpu / mebibytes };
}
