import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Site } from './bundle.js';
import { ISOLATION } from './isolation.js';

/** A page that loads one script of a site. */
export interface PageOptions {
  /** Its address. */
  readonly script: string;
  /** Whether the page is cross-origin isolated, and so may share memory. */
  readonly isolated: boolean;
}

/** Answers with a module of the site, or else with the page. */
export function answerFrom(site: Site, { script, isolated }: PageOptions, url: string, response: ServerResponse): void {
  const content = site.get(new URL(url, 'http://localhost').pathname);
  if (isolated) response.setHeaders(new Headers(ISOLATION));
  response.setHeader('content-type', content === undefined ? 'text/html' : 'text/javascript');
  // Pages follow each other that load the same: the browser need not ask for it, and compile it,
  // again.
  response.setHeader('cache-control', 'max-age=60');
  response.end(
    content ?? `<!doctype html><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`,
  );
}

export interface SiteServer extends Disposable {
  readonly origin: string;
}

/** Serves a site on loopback. */
export async function serveSite(site: Site, page: PageOptions): Promise<SiteServer> {
  const server = createServer(({ url = '/' }, response) => {
    answerFrom(site, page, url, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
