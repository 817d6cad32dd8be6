import { describe, expect, it } from '@jest/globals';
import { attachReader } from 'tidemark';
import { rangeResponse } from 'tidemark/http';
import { makeContent, newResource } from '../fixtures.js';
import { untilDemanded } from '../../support/demands-of.js';
import { CountedView } from './counted-view.js';
import { content, half } from './half-stored.js';
import { request } from './request.js';

describe('a view that is served with close', () => {
  it('is closed with the last byte, and not before', async () => {
    const resource = newResource();
    resource.writeAll(makeContent(300_000));
    const view = new CountedView(resource);
    const response = await rangeResponse(view, request({ range: 'bytes=0-299999' }), { close: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value?.length).toBe(262_144);
    expect(view.closed).toBe(0);
    expect((await reader.read()).value?.length).toBe(300_000 - 262_144);
    // Who counts bytes reads no further.
    expect(view.closed).toBe(1);
    expect((await reader.read()).done).toBe(true);
    expect(view.closed).toBe(1);
  });

  it('is closed when the end of content of unknown length shows', async () => {
    const resource = newResource();
    const view = new CountedView(resource);
    resource.writeAt(0, content);
    const response = await rangeResponse(view, request(), { close: true });
    resource.commit();
    expect((await response.arrayBuffer()).byteLength).toBe(content.length);
    expect(view.closed).toBe(1);
  });

  it('is closed when the body is cancelled, at once or while it waits', async () => {
    const resource = half();
    const unread = new CountedView(resource);
    await (await rangeResponse(unread, request(), { close: true })).body?.cancel();
    expect(unread.closed).toBe(1);

    const again = half();
    const view = new CountedView(again);
    const { body } = await rangeResponse(view, request({ range: 'bytes=100000-' }), { close: true });
    const reader = (body as ReadableStream<Uint8Array>).getReader();
    void reader.read();
    await untilDemanded(again);
    await reader.cancel();
    expect([view.closed, view.waits, view.subscriptions]).toEqual([1, 0, 0]);
  });

  it('is closed when the body fails, and when the request is aborted', async () => {
    const resource = half();
    const view = new CountedView(resource);
    const body = (await rangeResponse(view, request(), { close: true })).arrayBuffer();
    await untilDemanded(resource);
    resource.fail('no route');
    await expect(body).rejects.toMatchObject({ code: 'FAILED' });
    expect(view.closed).toBe(1);

    const client = new AbortController();
    const left = new CountedView(half());
    const { signal } = client;
    await rangeResponse(left, { method: 'GET', headers: new Headers(), signal }, { close: true });
    client.abort();
    // Nobody has read a byte of it.
    expect(left.closed).toBe(1);
  });

  it('is closed where there is no body', async () => {
    for (const [headers, method, status] of [
      [{}, 'HEAD', 200],
      [{}, 'POST', 405],
      [{ 'if-none-match': '"v1"' }, 'GET', 304],
      [{ 'if-match': '"v0"' }, 'GET', 412],
      [{ range: 'bytes=200000-' }, 'GET', 416],
    ] as const) {
      const view = new CountedView(half());
      const response = await rangeResponse(view, request(headers, { method }), { close: true });
      expect([response.status, response.body, view.closed]).toEqual([status, null, 1]);
    }
    const empty = newResource();
    empty.commit(0);
    const view = new CountedView(empty);
    expect((await rangeResponse(view, request(), { close: true })).headers.get('content-length')).toBe('0');
    expect(view.closed).toBe(1);
  });

  it('is closed where there is no answer', async () => {
    const resource = newResource();
    const view = new CountedView(resource);
    const client = new AbortController();
    const answering = rangeResponse(view, request({}, { signal: client.signal }), { close: true });
    await untilDemanded(resource);
    client.abort();
    await expect(answering).rejects.toMatchObject({ code: 'CANCELLED' });
    expect([view.closed, view.waits, view.subscriptions]).toEqual([1, 0, 0]);

    const refused = new CountedView(half());
    const headers = { 'x y': '' };
    await expect(rangeResponse(refused, request(), { headers, close: true })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    expect(refused.closed).toBe(1);
  });

  it('is closed by that option alone: without it, a view stays open', async () => {
    for (const options of [{}, { close: false }, { close: undefined }]) {
      const view = new CountedView(half());
      await (await rangeResponse(view, request({ range: 'bytes=0-9' }), options)).arrayBuffer();
      await rangeResponse(view, request({}, { method: 'HEAD' }), options);
      expect(view.closed).toBe(0);
    }
  });

  it('tells by the body what closing it has thrown, once every byte is out', async () => {
    const error = new Error('It cannot be kept.');
    class Unclosable extends CountedView {
      override close(): void {
        super.close();
        throw error;
      }
    }
    const resource = newResource();
    resource.writeAll(content);
    const response = await rangeResponse(new Unclosable(resource), request({ range: 'bytes=0-9' }), { close: true });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    expect((await reader.read()).value?.length).toBe(10);
    await expect(reader.read()).rejects.toBe(error);
    const headersOnly = rangeResponse(new Unclosable(half()), request({}, { method: 'HEAD' }), { close: true });
    await expect(headersOnly).rejects.toBe(error);
    // Where there is an error already, that is the one to tell.
    await expect(
      rangeResponse(new Unclosable(half()), request({}, { signal: AbortSignal.abort() }), { close: true }),
    ).rejects.toMatchObject({ code: 'CANCELLED' });
  });

  it('is a reader for one request, and nothing of it is left', async () => {
    const resource = half();
    const reader = attachReader(resource.createPort().handle);
    const response = await rangeResponse(reader, request({ range: 'bytes=500-99999' }), { close: true });
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), content.subarray(500, 100_000))).toBe(0);
    expect(reader.status.state).toBe('closed');
    expect(resource.status.state).toBe('active');
  });
});
