import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import type { Resource } from 'tidemark';
import { rangeResponse } from 'tidemark/http';
import { filled } from '../../support/bytes.js';
import { untilDemanded } from '../../support/demands-of.js';
import { newResource } from '../fixtures.js';
import { content, half } from './half-stored.js';
import { rangeRequest } from './request.js';

const other = Buffer.alloc(content.length, 'x');

async function serve(resource: Resource, range?: string): Promise<Response> {
  return rangeResponse(resource, rangeRequest(range));
}

describe('a body whose content', () => {
  it('turns out shorter than the headers said breaks off, and does not end as if it were whole', async () => {
    for (const range of [undefined, 'bytes=50000-', 'bytes=50000-149999']) {
      const resource = half();
      const response = await serve(resource, range);
      const body = response.arrayBuffer();
      await untilDemanded(resource);
      resource.expectedLength = undefined;
      resource.commit(100_000);
      await expect(body).rejects.toMatchObject({ code: 'CHANGED', range: { start: range ? 50_000 : 0 } });
    }
  });

  it('turns out longer than was expected ends where the headers said', async () => {
    const resource = half();
    const response = await serve(resource);
    const body = response.arrayBuffer();
    resource.expectedLength = undefined;
    resource.writeAt(100_000, Buffer.concat([content.subarray(100_000), other]));
    resource.commit();
    expect(Buffer.compare(Buffer.from(await body), content)).toBe(0);
  });

  it('grows without a length that is known is sent until it is committed', async () => {
    const resource = newResource();
    resource.writeAt(0, content.subarray(0, 1000));
    const body = (await serve(resource)).arrayBuffer();
    for (let end = 2000; end <= content.length; end += 1000) {
      resource.writeAt(end - 1000, content.subarray(end - 1000, end));
      if (end % 50_000 === 0) await firstValueFrom(resource.coverage$);
    }
    resource.commit();
    expect(Buffer.compare(Buffer.from(await body), content)).toBe(0);
  });

  it('becomes another version breaks off before a byte of it is sent', async () => {
    const resource = half();
    const response = await serve(resource);
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const read: Uint8Array[] = [];
    for (let length = 0; length < 100_000; length = Buffer.concat(read).length) {
      read.push((await reader.read()).value ?? filled(0));
    }
    const next = reader.read();
    resource.identity = '"v2"';
    resource.writeAt(100_000, other.subarray(100_000));
    await expect(next).rejects.toMatchObject({ code: 'CHANGED' });
    expect(Buffer.compare(Buffer.concat(read), content.subarray(0, 100_000))).toBe(0);
  });

  it('gets to be known as the same version by another spelling goes on', async () => {
    const resource = half();
    const body = (await serve(resource)).arrayBuffer();
    await untilDemanded(resource);
    resource.identity = 'W/"v1"';
    resource.writeAt(100_000, content.subarray(100_000));
    expect(Buffer.compare(Buffer.from(await body), content)).toBe(0);
  });

  it('fails, is closed or cancelled meanwhile breaks off with that', async () => {
    for (const [end, code] of [
      [(resource: Resource) => resource.fail('no route'), 'FAILED'],
      [(resource: Resource) => resource.close(), 'CLOSED'],
    ] as const) {
      const resource = half();
      const body = (await serve(resource)).arrayBuffer();
      await untilDemanded(resource);
      end(resource);
      await expect(body).rejects.toMatchObject({ code });
    }
  });

  it('is interrupted by its owner goes on: that is for other readers', async () => {
    const resource = half();
    const body = (await serve(resource)).arrayBuffer();
    await untilDemanded(resource);
    resource.interrupt();
    resource.writeAt(100_000, content.subarray(100_000));
    expect(Buffer.compare(Buffer.from(await body), content)).toBe(0);
  });
});
