// node examples/caching-proxy/main.js ORIGIN [FOLDER] [PORT] [MEGABYTES]

import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createProxy } from './proxy.js';

const [origin, folder = join(tmpdir(), 'tidemark-proxy'), port = '8090', megabytes = 'Infinity'] =
  process.argv.slice(2);
if (origin === undefined) {
  console.error('Usage: node examples/caching-proxy/main.js ORIGIN [FOLDER] [PORT] [MEGABYTES]');
  process.exit(1);
}
const proxy = (await createProxy(new URL(origin), folder, Number(megabytes) * 1e6)).listen(Number(port), '127.0.0.1');
await once(proxy, 'listening');
const { port: bound } = /** @type {import('node:net').AddressInfo} */ (proxy.address());
console.log(`http://127.0.0.1:${bound}/ serves ${origin} from ${folder}`);

process.once('SIGINT', () => {
  proxy.close();
  proxy.closeAllConnections();
});
