import type { Exchange, TestServer } from '../../http/test-server.js';
import type { Site } from '../bundle.js';
import { script } from '../page-functions.js';
import { answerFrom } from '../site-server.js';

const SCRIPT = '/page.js';

/** The worker of apps that have one of their own. */
const OWN_WORKER = `
  import { respondFromPage } from 'tidemark/service-worker';
  addEventListener('fetch', (event) => {
    if (respondFromPage(event)) return;
    if (event.request.url.endsWith('/own')) event.respondWith(new Response('its own'));
  });
`;

/** A page with its service workers, as bundlers make them. */
export async function mediaSite(): Promise<Site> {
  return new Map([
    [SCRIPT, await script("import { page } from './spec/browser/media/media-page.ts'; globalThis.page = page;")],
    ['/sw.js', await script("import 'tidemark/service-worker';")],
    ['/own/sw.js', await script(OWN_WORKER)],
    ['/below/sw.js', await script("import 'tidemark/service-worker';")],
    ['/silent/sw.js', await script("addEventListener('fetch', () => undefined);")],
  ]);
}

/** Has a server give the site, and its content at any other address that names a song. */
export function serveSite(server: TestServer, site: Site, isolated: boolean): void {
  server.handle = (exchange: Exchange) => {
    const { url = '/' } = exchange.request;
    if (url.includes('song')) return server.serve(exchange, server.manners);
    if (url.includes('missing')) exchange.response.writeHead(404).end();
    else answerFrom(site, { script: SCRIPT, isolated }, url, exchange.response);
    return undefined;
  };
}
