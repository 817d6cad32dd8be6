// A caching proxy: whatever is asked of it is downloaded once, into a file, and served to everybody
// while it is still arriving. A client that wants a part gets that part first; a proxy that is
// stopped goes on where it was when it is started again.

import { createHash } from 'node:crypto';
import { createServer, STATUS_CODES } from 'node:http';
import { basename, join } from 'node:path';
import { isStorageError, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { MmapDriver, sendRangeResponse } from 'tidemark/node';

const RETRY = { count: 3, delay: 200 }; // ms; clients are waiting

/**
 * @typedef {import('node:http').IncomingMessage} Request
 * @typedef {import('node:http').ServerResponse} Response
 *
 * @typedef {object} Stored what is open
 * @property {Resource} resource
 * @property {number} users clients that it is being sent to, and one more while it is downloaded
 * @property {import('rxjs').Unsubscribable} [downloading]
 */

/**
 * @param {URL} origin what is proxied: a path of the proxy is the same path there
 * @param {string} folder where the files go
 * @returns {import('node:http').Server} not listening yet
 */
export function createProxy(origin, folder) {
  /** @type {Map<string, Stored>} by URL */
  const open = new Map();

  /** Whoever asks first opens it and starts its download. @param {URL} url */
  function use(url) {
    const known = open.get(url.href);
    if (known) {
      known.users++;
      return known;
    }
    const resource = Resource.open(new MmapDriver({ path: join(folder, fileName(url)) }));
    /** @type {Stored} */
    const stored = { resource, users: 2 };
    open.set(url.href, stored);
    stored.downloading = download(resource, url, { retry: RETRY }).subscribe({
      error: (error) => {
        console.error(error.message);
        // Who asks next starts it again: with nothing if the content is another version now.
        close(url.href, stored, isStorageError(error, 'CHANGED'));
      },
      complete: () => release(url, stored),
    });
    return stored;
  }

  /** The last one closes it. @param {URL} url @param {Stored} stored */
  function release(url, stored) {
    stored.users--;
    if (stored.users === 0) close(url.href, stored);
  }

  /** Keeps what is not complete, to go on with it. @param {string} href @param {Stored} stored */
  function close(href, { resource, downloading }, discard = false) {
    open.delete(href);
    downloading?.unsubscribe();
    try {
      if (discard) resource.discard();
      else resource.close();
    } catch (error) {
      console.error(error); // a full disk, say: what could not be kept is downloaded again
    }
  }

  /** @param {URL} url @param {Request} request @param {Response} response */
  async function serve(url, request, response) {
    const stored = use(url);
    try {
      await sendRangeResponse(stored.resource, request, response);
    } finally {
      release(url, stored);
    }
  }

  const server = createServer((request, response) => {
    const url = urlAt(origin, request.url ?? '/');
    if (request.method !== 'GET' && request.method !== 'HEAD') response.writeHead(405, { allow: 'GET, HEAD' }).end();
    else if (url === undefined) response.writeHead(400).end();
    else {
      serve(url, request, response).catch((error) => {
        if (response.headersSent || response.destroyed) return; // the connection is cut already
        const { status, message } = explain(error);
        response.writeHead(status, { 'content-type': 'text/plain' }).end(`${url.pathname}: ${message}\n`);
      });
    }
  });
  server.on('close', () => open.forEach((stored, href) => close(href, stored)));
  return server;
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

/** How the origin refused, but nothing of the files here. @param {unknown} error of a resource */
function explain(error) {
  const reason = isStorageError(error, 'FAILED') ? error.cause : error;
  if (isStorageError(reason, 'HTTP')) {
    const { httpStatus = 0 } = reason;
    if (httpStatus >= 400) {
      return { status: httpStatus, message: `the server answered ${httpStatus} ${STATUS_CODES[httpStatus] ?? ''}` };
    }
  }
  if (isStorageError(reason, 'HTTP', 'TIMEOUT', 'CHANGED'))
    return { status: 502, message: 'the server does not send it' };
  if (isStorageError(reason, 'NO_SPACE')) return { status: 507, message: 'the disk of the proxy is full' };
  console.error(error);
  return { status: 500, message: 'the proxy cannot serve it' };
}

/** Two URLs never share one. @param {URL} url */
function fileName(url) {
  const hash = createHash('sha256').update(url.href).digest('hex').slice(0, 16);
  return `${hash}-${basename(url.pathname).slice(-80)}`;
}
