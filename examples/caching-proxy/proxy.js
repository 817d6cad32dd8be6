// A caching proxy: whatever is asked of it is downloaded once, into a store, and served to
// everybody while it is still arriving. A client that wants a part gets that part first; a proxy
// that is stopped goes on where it was when it is started again. Where there is no room, what was
// asked for longest ago goes.

import { createServer, STATUS_CODES } from 'node:http';
import { isStorageError } from 'tidemark';
import { folderBackend, sendRangeResponse } from 'tidemark/node';
import { Store } from 'tidemark/store';

/** @import { IncomingMessage, Server, ServerResponse } from 'node:http' */
/** @import { Lease } from 'tidemark/store' */

const RETRY = { count: 3, delay: 200 }; // ms; clients are waiting

/**
 * @param {URL} origin what is proxied: a path of the proxy is the same path there
 * @param {string} folder where the files go
 * @param {number} [maxBytes] how many bytes they may take
 * @returns {Promise<Server>} not listening yet
 */
export async function createProxy(origin, folder, maxBytes) {
  const source = (/** @type {string} */ url) => ({ url, retry: RETRY });
  const store = await Store.open(folderBackend({ path: folder }), { maxBytes, source });
  store.changes$.subscribe(({ kind, key, entry }) => {
    if (kind !== 'failed') return;
    console.error(`${key}: ${entry?.download?.lastError?.message}`);
    // Perhaps there is no such thing at all.
    if (entry?.coveredBytes === 0) store.remove(key).catch(report);
  });

  /** @param {string} url @param {IncomingMessage} request @param {ServerResponse} response */
  async function serve(url, request, response) {
    /** @type {{ lease?: Lease, failure?: unknown }} */
    const served = {};
    const watching = store.changes$.subscribe(({ kind, key, entry }) => {
      if (kind !== 'failed' || key !== url) return;
      served.failure = entry?.download?.lastError;
      served.lease?.close(); // else it would wait for bytes that do not come
    });
    try {
      served.lease = await store.acquire(url, { download: true });
      store.download(url).catch(report); // all of it, also when the client has left
      await sendRangeResponse(served.lease, request, response);
    } catch (error) {
      throw served.failure ?? error;
    } finally {
      watching.unsubscribe();
      served.lease?.close();
    }
  }

  const server = createServer((request, response) => {
    const url = urlAt(origin, request.url ?? '/');
    if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else if (url === undefined) response.writeHead(400).end();
    else {
      serve(url.href, request, response).catch((error) => {
        if (response.headersSent || response.destroyed) return; // the connection is cut already
        const { status, message } = explain(error);
        response.writeHead(status, { 'content-type': 'text/plain' }).end(`${url.pathname}: ${message}\n`);
      });
    }
  });
  server.on('error', report); // no descriptor for a client, say: the next may get one
  server.on('close', () => void store.close().catch(report)); // what cannot be kept is downloaded again
  return server;
}

/** @param {unknown} error that is no client's business */
function report(error) {
  console.error(error);
}

/**
 * A URL of this origin, whatever the request's target looks like; undefined if it has no path.
 *
 * @param {URL} origin
 * @param {string} target
 */
function urlAt(origin, target) {
  // By itself `//a` would be a host.
  const text = target.startsWith('/') ? `http://proxy${target}` : target;
  if (!URL.canParse(text)) return undefined;
  const { pathname, search } = new URL(text);
  return Object.assign(new URL(origin), { pathname, search });
}

/** How the origin refused, but nothing of the files here. @param {unknown} error */
function explain(error) {
  const { httpStatus = 0 } = isStorageError(error, 'HTTP') ? error : {};
  if (httpStatus >= 400) {
    return { status: httpStatus, message: `the server answered ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}` };
  }
  if (isStorageError(error, 'HTTP', 'TIMEOUT', 'CHANGED'))
    return { status: 502, message: 'the server does not send it' };
  if (isStorageError(error, 'NO_SPACE')) return { status: 507, message: 'the disk of the proxy is full' };
  report(error);
  return { status: 500, message: 'the proxy cannot serve it' };
}
