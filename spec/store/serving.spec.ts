import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { rangeResponse } from 'tidemark/http';
import { sendRangeResponse } from 'tidemark/node';
import { makeContent } from '../http/fixtures.js';
import { TestServer } from '../http/test-server.js';
import { BACKENDS, openStore, put } from './stores.js';

const content = makeContent(3_000_000);

describe.each(BACKENDS)('a lease of a store %s', (_name, backend) => {
  it('is served with its media type, by rangeResponse', async () => {
    const store = await openStore(backend());
    await put(store, 'song', content, { contentType: 'audio/flac' });
    using lease = await store.acquire('song');
    const request = new Request('http://here.test/', { headers: { range: 'bytes=10-19' } });
    const response = await rangeResponse(lease, request);
    expect(response.status).toBe(206);
    expect(response.headers.get('content-type')).toBe('audio/flac');
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), content.subarray(10, 20))).toBe(0);
    const other = await rangeResponse(lease, request, { headers: { 'content-type': 'text/plain' } });
    expect(other.headers.get('content-type')).toBe('text/plain');
  });

  it('is served by sendRangeResponse, complete or while it comes, and closed after that', async () => {
    const origin = await TestServer.start(content, '"v1"');
    origin.manners = { headers: { 'content-type': 'audio/ogg' } };
    const store = await openStore(backend(), { source: () => origin.url });
    const server = createServer((request, response) => {
      void store
        .acquire('song', { download: true })
        .then((lease) => sendRangeResponse(lease, request, response, { close: true }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    for (let turn = 0; turn < 3; turn++) {
      const response = await fetch(url);
      expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), content)).toBe(0);
      expect(response.headers.get('content-type')).toBe(
        turn === 0 ? response.headers.get('content-type') : 'audio/ogg',
      );
    }
    server.close();
    expect(store.entry('song')?.leases).toBe(0);
    expect(origin.sent).toBe(content.length);
  });
});
