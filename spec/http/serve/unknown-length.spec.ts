import { describe, expect, it } from '@jest/globals';
import { download, rangeResponse } from 'tidemark/http';
import { makeContent, newResource } from '../fixtures.js';
import { untilCovered } from '../../support/until-covered.js';
import { TestServer } from '../test-server.js';
import { filled } from '../../support/bytes.js';
import { untilDemanded, untilDemandedAt } from '../../support/demands-of.js';
import { CountedView } from './counted-view.js';
import { rangeRequest, request } from './request.js';
import { range } from '../../support/range.js';

const content = makeContent(300_000);

async function firstChunk(response: Response): Promise<{ bytes: Buffer; cancel: () => Promise<void> }> {
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  const { value = filled(0) } = await reader.read();
  return { bytes: Buffer.from(value), cancel: () => reader.cancel() };
}

describe('what a source tells no length of', () => {
  it.each(['bytes=0-', 'bytes=0-1', undefined])(
    'is served from its first byte on while it is downloaded, without a length: Range %s',
    async (range) => {
      const server = await TestServer.start(content, '"v1"');
      server.manners = { headers: { 'content-length': undefined }, ignoresRange: true, stallAfter: 100_000 };
      const resource = newResource();
      const downloading = download(resource, server.url).subscribe();
      const response = await rangeResponse(resource, rangeRequest(range));
      expect(response.status).toBe(200);
      expect(response.headers.get('etag')).toBe('"v1"');
      for (const name of ['content-length', 'content-range']) expect(response.headers.has(name)).toBe(false);
      const { bytes, cancel } = await firstChunk(response);
      expect(Buffer.compare(bytes, content.subarray(0, bytes.length))).toBe(0);
      await cancel();
      downloading.unsubscribe();
    },
  );

  it('is a body that ends where the content does, once that is known', async () => {
    const resource = newResource();
    resource.writeAt(0, content.subarray(0, 200_000));
    const response = await rangeResponse(resource, request({ range: 'bytes=0-' }));
    const body = response.arrayBuffer();
    resource.writeAt(200_000, content.subarray(200_000));
    resource.commit();
    expect(Buffer.compare(Buffer.from(await body), content)).toBe(0);
  });

  it('has a HEAD that needs the first byte only', async () => {
    const resource = newResource();
    const view = new CountedView(resource);
    const answering = rangeResponse(view, request({ range: 'bytes=500-' }, { method: 'HEAD' }));
    const [demand] = await untilDemanded(resource);
    expect(demand?.range).toEqual(range(0, 1));
    resource.writeAt(0, content.subarray(0, 10));
    const response = await answering;
    expect([response.status, response.body, response.headers.get('content-length')]).toEqual([200, null, null]);
    expect([view.waits, view.subscriptions]).toEqual([0, 0]);
  });

  it('lets a later range wait for the length, though its bytes are there', async () => {
    const resource = newResource();
    const view = new CountedView(resource);
    resource.writeAt(0, content.subarray(0, 10_000));
    let answered = false;
    const answering = rangeResponse(view, request({ range: 'bytes=1000-1999' })).finally(() => (answered = true));
    resource.writeAt(10_000, content.subarray(10_000, 20_000));
    // The first byte that was missing has come: that changes nothing.
    await untilCovered(resource, 20_000);
    expect([answered, view.subscriptions]).toEqual([false, 1]);
    resource.expectedLength = content.length;
    const response = await answering;
    expect(response.headers.get('content-range')).toBe('bytes 1000-1999/300000');
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), content.subarray(1000, 2000))).toBe(0);
    expect([view.waits, view.subscriptions]).toEqual([0, 0]);
  });

  it('answers a part of another version with everything as soon as the version is known', async () => {
    const resource = newResource();
    const view = new CountedView(resource);
    const answering = rangeResponse(view, request({ range: 'bytes=200000-', 'if-range': '"v0"' }));
    await untilDemandedAt(resource, 200_000);
    resource.identity = '"v1"';
    resource.writeAt(0, content.subarray(0, 1000));
    const response = await answering;
    expect([response.status, response.headers.get('etag')]).toEqual([200, '"v1"']);
    const { bytes, cancel } = await firstChunk(response);
    expect(Buffer.compare(bytes, content.subarray(0, 1000))).toBe(0);
    await cancel();
    expect([view.waits, view.subscriptions]).toEqual([0, 0]);
  });

  it('is 304 before any byte is there for who has the version that the resource was kept with', async () => {
    const resource = newResource();
    resource.identity = '"v1"';
    const response = await rangeResponse(resource, request({ 'if-none-match': '"v1"' }));
    expect(response.status).toBe(304);
  });

  it.each(['fail', 'close'] as const)('ends the wait of a later range when the resource ends: %s', async (way) => {
    const resource = newResource();
    const view = new CountedView(resource);
    resource.writeAt(0, content.subarray(0, 10_000));
    const answering = rangeResponse(view, request({ range: 'bytes=50000-' }));
    if (way === 'fail') resource.fail('no route');
    else resource.close();
    await expect(answering).rejects.toMatchObject({ code: way === 'fail' ? 'FAILED' : 'CLOSED' });
    expect([view.waits, view.subscriptions]).toEqual([0, 0]);
  });

  it('is answered by a view of somebody else whose waits are interrupted', async () => {
    const resource = newResource();
    const view = new CountedView(resource);
    const answering = rangeResponse(view, request({ range: 'bytes=0-' }));
    resource.interrupt();
    await untilDemanded(resource);
    resource.interrupt();
    resource.writeAt(0, content.subarray(0, 10));
    expect((await answering).status).toBe(200);
  });
});
