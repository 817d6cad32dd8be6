import { describe, expect, it } from '@jest/globals';
import type { Resource } from 'tidemark';
import { rangeResponse } from 'tidemark/http';
import { makeContent, newResource } from '../fixtures.js';
import { CountedView } from './counted-view.js';
import { rangeRequest } from './request.js';

const content = makeContent(100_000);
const cause = new Error('no route');

/** Has the bytes of [1000, 60000), and will get no more. */
function failed(expectedLength?: number): Resource {
  const resource = newResource();
  resource.expectedLength = expectedLength;
  resource.writeAt(1000, content.subarray(1000, 60_000));
  resource.fail(cause);
  return resource;
}

async function parts(resource: Resource, range: string): Promise<[number, string | null, string | null, number]> {
  const { status, headers, body } = await rangeResponse(resource, rangeRequest(range));
  const bytes = Buffer.from(await new Response(body).arrayBuffer());
  const start = Number(/(\d+)-/.exec(headers.get('content-range') ?? '')?.[1]);
  const difference = Buffer.compare(bytes, content.subarray(start, start + bytes.length));
  expect([bytes.length, difference]).toEqual([Number(headers.get('content-length')), 0]);
  return [status, headers.get('content-range'), headers.get('content-length'), difference];
}

describe('a resource that failed', () => {
  it('serves an open range up to the gap, and the next request gets the failure', async () => {
    const resource = failed(content.length);
    expect(await parts(resource, 'bytes=2000-')).toEqual([206, 'bytes 2000-59999/100000', '58000', 0]);
    await expect(rangeResponse(resource, rangeRequest('bytes=60000-'))).rejects.toMatchObject({
      code: 'FAILED',
      cause,
    });
  });

  it('does so, too, where the length has never been told', async () => {
    const resource = failed();
    expect(await parts(resource, 'bytes=2000-')).toEqual([206, 'bytes 2000-59999/*', '58000', 0]);
    expect(await parts(resource, 'bytes=2000-2999')).toEqual([206, 'bytes 2000-2999/*', '1000', 0]);
    await expect(rangeResponse(resource, rangeRequest('bytes=60000-'))).rejects.toMatchObject({
      code: 'FAILED',
      cause,
    });
    await expect(rangeResponse(resource, rangeRequest('bytes=-10'))).rejects.toMatchObject({ code: 'FAILED', cause });
  });

  it('rejects where everything is asked for, or a range that names its end', async () => {
    for (const resource of [failed(content.length), failed()]) {
      for (const range of [undefined, 'bytes=0-', 'bytes=2000-60000']) {
        await expect(rangeResponse(resource, rangeRequest(range))).rejects.toMatchObject({ code: 'FAILED', cause });
      }
    }
  });

  it('gives up to the gap to who was waiting for the length when it failed', async () => {
    const resource = newResource();
    const view = new CountedView(resource);
    resource.writeAt(1000, content.subarray(1000, 60_000));
    const answering = rangeResponse(view, rangeRequest('bytes=2000-'));
    resource.fail(cause);
    const response = await answering;
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 2000-59999/*']);
    expect((await response.arrayBuffer()).byteLength).toBe(58_000);
    expect([view.waits, view.subscriptions]).toEqual([0, 0]);
  });

  it('tells why it failed to who was waiting, though it is closed at once', async () => {
    const resource = newResource();
    const answering = rangeResponse(resource, rangeRequest('bytes=0-'));
    resource.fail(cause);
    resource.close();
    await expect(answering).rejects.toMatchObject({ code: 'FAILED', cause });
  });

  it('goes on for new requests once it is reactivated', async () => {
    const resource = failed(content.length);
    resource.reactivate();
    const response = await rangeResponse(resource, rangeRequest('bytes=2000-'));
    expect(response.headers.get('content-range')).toBe('bytes 2000-99999/100000');
    const body = response.arrayBuffer();
    resource.writeAt(60_000, content.subarray(60_000));
    expect(Buffer.compare(Buffer.from(await body), content.subarray(2000))).toBe(0);
  });
});
