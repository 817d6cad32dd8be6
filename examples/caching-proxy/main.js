// node examples/caching-proxy/main.js ORIGIN [FOLDER] [PORT]

import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProxy } from './proxy.js';

const [origin, folder = join(tmpdir(), 'tidemark-proxy'), port = '8090'] = process.argv.slice(2);
if (origin === undefined) {
  console.error('Usage: node examples/caching-proxy/main.js ORIGIN [FOLDER] [PORT]');
  process.exit(1);
}
const proxy = createProxy(new URL(origin), folder).listen(Number(port), '127.0.0.1');
await once(proxy, 'listening');
const { port: bound } = /** @type {import('node:net').AddressInfo} */ (proxy.address());
console.log(`http://127.0.0.1:${bound}/ serves ${origin} from ${folder}`);

process.once('SIGINT', () => {
  proxy.close();
  proxy.closeAllConnections();
});
