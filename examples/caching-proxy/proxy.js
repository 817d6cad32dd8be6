// A caching proxy: whatever is asked of it is downloaded once, into a file, and served to everybody while it is still arriving. A client
// that wants a part gets that part first; a proxy that is stopped goes on where it was when it is started again.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { basename, join } from 'node:path';
import { isStorageError, Resource } from 'tidemark';
import { download } from 'tidemark/http';
import { MmapDriver, sendRangeResponse } from 'tidemark/node';

/**
 * @param {URL} origin what is proxied: a path of the proxy is the same path there
 * @param {string} folder where the files go
 * @returns {import('node:http').Server} not listening yet
 */
export function createProxy(origin, folder) {
  /** @type {Map<string, Resource>} what is being served, by its URL */
  const resources = new Map();

  /** @param {URL} url */
  function resourceOf(url) {
    const known = resources.get(url.href);
    if (known) return known;
    const resource = Resource.open(new MmapDriver({ path: join(folder, fileName(url)) }));
    resources.set(url.href, resource);
    download(resource, url).subscribe({
      error: (error) => {
        // Who asks next starts it again: with nothing if the content is another version now, else with what is there.
        resources.delete(url.href);
        if (isStorageError(error, 'CHANGED')) resource.discard();
        else resource.close();
      },
    });
    return resource;
  }

  const server = createServer((request, response) => {
    const { pathname, search } = new URL(request.url ?? '/', 'http://proxy');
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return;
    }
    // Of this origin, whatever the path looks like.
    const url = Object.assign(new URL(origin), { pathname, search });
    Promise.resolve()
      .then(() => sendRangeResponse(resourceOf(url), request, response))
      .catch((error) => {
        if (response.headersSent) return; // the connection is cut already
        const status = isStorageError(error.cause, 'HTTP') ? error.cause.httpStatus : undefined;
        response.writeHead(status ?? 502, { 'content-type': 'text/plain' }).end(`${error.message}\n`);
      });
  });
  // What is not complete is kept, and gone on with the next time.
  server.on('close', () => resources.forEach((resource) => resource.close()));
  return server;
}

/** Two URLs never share one. @param {URL} url */
function fileName(url) {
  const hash = createHash('sha256').update(url.href).digest('hex').slice(0, 16);
  return `${hash}-${basename(url.pathname).slice(-80)}`;
}
