import { getEventListeners } from 'node:events';
import { describe, expect, it } from '@jest/globals';
import type { Resource } from 'tidemark';
import { rangeResponse } from 'tidemark/http';
import { demandsOf, untilDemanded, untilNothingDemanded } from '../../support/demands-of.js';
import { makeContent, newResource } from '../fixtures.js';
import { request } from './request.js';
import { range } from '../../support/range.js';

const content = makeContent(100_000);

function committed(bytes: Buffer = content, identity: string | undefined = '"v1"'): Resource {
  const resource = newResource();
  resource.identity = identity;
  resource.writeAt(0, bytes);
  resource.commit(bytes.length);
  return resource;
}

async function answer(
  resource: Resource,
  headers: Record<string, string> = {},
  method = 'GET',
): Promise<{ status: number; headers: Record<string, string>; body: Buffer }> {
  const response = await rangeResponse(resource, request(headers, { method }));
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: Buffer.from(await response.arrayBuffer()),
  };
}

describe('an answer over a complete resource', () => {
  it('has everything', async () => {
    const { status, headers, body } = await answer(committed());
    expect({ status, headers }).toEqual({
      status: 200,
      headers: {
        'accept-ranges': 'bytes',
        'content-length': '100000',
        'content-type': 'application/octet-stream',
        etag: '"v1"',
      },
    });
    expect(Buffer.compare(body, content)).toBe(0);
  });

  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=500-', 500, 100_000],
    ['bytes=-100', 99_900, 100_000],
    ['bytes=-500000', 0, 100_000],
    ['bytes=99999-99999', 99_999, 100_000],
    ['bytes=99000-99999999999999999999', 99_000, 100_000],
    ['BYTES= 5-9 ', 5, 10],
  ])('has the part that is asked for: %s', async (range, start, end) => {
    const { status, headers, body } = await answer(committed(), { range });
    expect(status).toBe(206);
    expect(headers['content-range']).toBe(`bytes ${start}-${end - 1}/100000`);
    expect(headers['content-length']).toBe(String(end - start));
    expect(Buffer.compare(body, content.subarray(start, end))).toBe(0);
  });

  it.each(['bytes=100000-', 'bytes=100000-200000', 'bytes=-0', 'bytes=99999999999999999999-'])(
    'is 416 where there is nothing: %s',
    async (range) => {
      const { status, headers, body } = await answer(committed(), { range });
      expect({ status, body: body.length, range: headers['content-range'] }).toEqual({
        status: 416,
        body: 0,
        range: 'bytes */100000',
      });
    },
  );

  it.each(['bytes=9-5', 'bytes=-', 'bytes=a-b', 'lines=1-2', 'bytes=0-1,5-9', 'bytes 0-5', ''])(
    'ignores what is no single range: %j',
    async (range) => {
      const { status, body } = await answer(committed(), { range });
      expect([status, body.length]).toEqual([200, content.length]);
    },
  );

  it('has no byte of empty content, and is 416 where a range begins there', async () => {
    const empty = committed(Buffer.alloc(0));
    expect(await answer(empty)).toMatchObject({ status: 200, headers: { 'content-length': '0' } });
    expect(await answer(empty, { range: 'bytes=0-' })).toMatchObject({
      status: 416,
      headers: { 'content-range': 'bytes */0' },
    });
    expect(await answer(empty, { range: 'bytes=-5' })).toMatchObject({ status: 200 });
  });

  it('has no body for HEAD, whose Range is ignored', async () => {
    const { status, headers, body } = await answer(committed(), { range: 'bytes=0-9' }, 'HEAD');
    expect({ status, length: headers['content-length'], body: body.length }).toEqual({
      status: 200,
      length: '100000',
      body: 0,
    });
  });

  it('is 405 for other methods', async () => {
    expect(await answer(committed(), {}, 'POST')).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
  });

  it.each([
    [{ 'if-none-match': '"v1"' }, 304],
    [{ 'if-none-match': 'W/"v1"' }, 304],
    [{ 'if-none-match': '"v0", "v1"' }, 304],
    [{ 'if-none-match': '*' }, 304],
    [{ 'if-none-match': '"v0"' }, 200],
    [{ 'if-none-match': '"v1"', range: 'bytes=0-9' }, 304],
    [{ 'if-match': '"v1"' }, 200],
    [{ 'if-match': '"v0"' }, 412],
    [{ 'if-match': 'W/"v1"' }, 412],
    [{ 'if-range': '"v1"', range: 'bytes=0-9' }, 206],
    [{ 'if-range': '"v0"', range: 'bytes=0-9' }, 200],
    [{ 'if-range': 'W/"v1"', range: 'bytes=0-9' }, 200],
    [{ 'if-range': 'Tue, 24 Nov 2026 00:00:00 GMT', range: 'bytes=0-9' }, 200],
  ])('heeds conditions: %j', async (headers, status) => {
    expect((await answer(committed(), headers as unknown as Record<string, string>)).status).toBe(status);
  });

  it.each([
    ['"v1"', '"v1"'],
    ['W/"v1"', 'W/"v1"'],
    ['v1', '"v1"'],
    ['a "b" é%', '"a%0020%0022b%0022%0020%00e9%0025"'],
    ['\ud800', '"%d800"'],
  ])('has the identity as its ETag: %s', async (identity, etag) => {
    expect((await answer(committed(content, identity))).headers).toHaveProperty('etag', etag);
  });

  it('has the headers that are given, but those that say what it has', async () => {
    const response = await rangeResponse(committed(), request({ range: 'bytes=0-9' }), {
      headers: {
        'content-type': 'audio/flac',
        'content-length': '7',
        etag: '"x"',
        'cache-control': 'no-store',
      },
    });
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'audio/flac',
      'content-length': '10',
      etag: '"v1"',
      'cache-control': 'no-store',
    });
    await response.body?.cancel();
  });
});

describe('an answer over a resource that is still filling', () => {
  it('waits for the length where a range is asked for, demands its first byte, and streams as bytes come', async () => {
    const resource = newResource();
    const answering = rangeResponse(resource, request({ range: 'bytes=50000-50999' }));
    const [demand] = await untilDemanded(resource);
    expect(demand?.range).toEqual(range(50_000, 50_001));
    resource.expectedLength = content.length;
    const response = await answering;
    expect(response.headers.get('content-range')).toBe('bytes 50000-50999/100000');
    const reader = response.body?.getReader();
    resource.writeAt(50_000, content.subarray(50_000, 50_100));
    expect((await reader?.read())?.value?.length).toBe(100);
    const rest = reader?.read();
    const [next] = await untilDemanded(resource);
    expect(next?.range).toEqual(range(50_100, 51_000));
    resource.writeAt(50_100, content.subarray(50_100, 51_000));
    expect((await rest)?.value?.length).toBe(900);
    expect((await reader?.read())?.done).toBe(true);
  });

  it('waits for the length where the end is asked for', async () => {
    const resource = newResource();
    const answering = rangeResponse(resource, request({ range: 'bytes=-10' }));
    resource.writeAt(0, content);
    resource.commit();
    const response = await answering;
    expect(response.headers.get('content-range')).toBe('bytes 99990-99999/100000');
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), content.subarray(-10))).toBe(0);
  });

  it('needs no length where everything is asked for: it streams until there is an end', async () => {
    const resource = newResource();
    const answering = rangeResponse(resource, request());
    resource.writeAt(0, content.subarray(0, 60_000));
    const response = await answering;
    expect([response.status, response.headers.get('content-length')]).toEqual([200, null]);
    const body = response.arrayBuffer();
    resource.writeAt(60_000, content.subarray(60_000));
    resource.commit();
    expect(Buffer.compare(Buffer.from(await body), content)).toBe(0);
  });

  it('withdraws its demand when the body is cancelled', async () => {
    const resource = newResource();
    resource.expectedLength = content.length;
    const { body } = await rangeResponse(resource, request());
    const reader = body?.getReader();
    void reader?.read();
    await untilDemanded(resource);
    await reader?.cancel();
    expect(demandsOf(resource)).toEqual([]);
  });

  it('follows the signal, whose reason is the cause: before there is an answer, and later', async () => {
    const resource = newResource();
    const becauseOf = (cause: Error): object => ({ code: 'CANCELLED', name: 'AbortError', cause });
    const [gone, neverThere, goneLater] = ['gone', 'never there', 'gone later'].map((why) => new Error(why)) as [
      Error,
      Error,
      Error,
    ];
    const before = new AbortController();
    const waiting = rangeResponse(resource, request({ range: 'bytes=0-9' }, { signal: before.signal }));
    await untilDemanded(resource);
    before.abort(gone);
    await expect(waiting).rejects.toMatchObject(becauseOf(gone));
    await untilNothingDemanded(resource);
    await expect(rangeResponse(resource, request({}, { signal: AbortSignal.abort(neverThere) }))).rejects.toMatchObject(
      becauseOf(neverThere),
    );

    resource.expectedLength = content.length;
    const later = new AbortController();
    const response = await rangeResponse(resource, request({}, { signal: later.signal }));
    const reading = response.arrayBuffer();
    await untilDemanded(resource);
    later.abort(goneLater);
    await expect(reading).rejects.toMatchObject(becauseOf(goneLater));
    await untilNothingDemanded(resource);
  });

  it('keeps no listener on the signal once the body has ended, in whatever way', async () => {
    const resource = newResource();
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 1000));
    const { signal } = new AbortController();
    const read = async (range: string): Promise<ReadableStreamDefaultReader> => {
      const { body } = await rangeResponse(resource, { method: 'GET', headers: new Headers({ range }), signal });
      const reader = (body ?? new ReadableStream()).getReader();
      expect((await reader.read()).value?.length).toBe(1000);
      return reader;
    };
    // Who counts needs no more than that.
    await read('bytes=0-999');
    expect(getEventListeners(signal, 'abort')).toEqual([]);
    const reader = await read('bytes=0-1999');
    const next = reader.read();
    resource.fail('enough');
    await expect(next).rejects.toMatchObject({ code: 'FAILED' });
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('rejects when bytes that are asked for will not come, and breaks off when it turns out later', async () => {
    const resource = newResource();
    const early = rangeResponse(resource, request({ range: 'bytes=0-9' }));
    resource.fail('no route');
    await expect(early).rejects.toMatchObject({ code: 'FAILED' });
    resource.reactivate();

    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 1000));
    const response = await rangeResponse(resource, request());
    resource.fail('no route');
    await expect(response.arrayBuffer()).rejects.toMatchObject({ code: 'FAILED' });
    await expect(rangeResponse(resource, request())).rejects.toMatchObject({ code: 'FAILED' });
    const there = await rangeResponse(resource, request({ range: 'bytes=0-999' }));
    expect(Buffer.compare(Buffer.from(await there.arrayBuffer()), content.subarray(0, 1000))).toBe(0);

    resource.close();
    await expect(rangeResponse(resource, request())).rejects.toMatchObject({ code: 'CLOSED' });
  });
});
