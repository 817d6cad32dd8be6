import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import lena from 'audio-lena';

import { fileHandler } from '../../examples/shared/file-server.js';

const BYTES_PER_SECOND = 400_000; // for each song

/** Serves the songs of `audio-lena` by their names on loopback. */
export async function serveSongs(): Promise<{ readonly url: string; close(): void }> {
  const handlers = new Map<string, RequestListener>(
    lena.formats.map((format) => {
      const path = fileURLToPath(lena.url(format));
      return [`/${basename(path)}`, fileHandler(path, BYTES_PER_SECOND)];
    }),
  );
  const server = createServer((request, response) => {
    const handler = handlers.get(request.url ?? '');
    if (handler === undefined) response.writeHead(404).end();
    else handler(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
