import { afterEach, describe, expect, it } from '@jest/globals';

import { toReadableStream } from '../../lib/index.js';
import { newDriverFor } from '../support/new-driver.js';
import { closeAll, open } from '../support/resources.js';
import { concat, isLarge, LARGE, readAll, writeSlowly } from './streams.js';

afterEach(closeAll);

describe('toReadableStream, given to what takes streams', () => {
  it('is the body of a Response', async () => {
    const resource = open({}, newDriverFor(LARGE.length));
    const response = new Response(toReadableStream(resource));
    const [body] = await Promise.all([response.arrayBuffer(), writeSlowly(resource)]);
    expect(isLarge(new Uint8Array(body))).toBe(true);
  });

  it('is split by tee', async () => {
    const resource = open({}, newDriverFor(LARGE.length));
    const [left, right] = toReadableStream(resource).tee();
    const [one, other] = await Promise.all([readAll(left), readAll(right), writeSlowly(resource)]);
    expect([isLarge(one), isLarge(other)]).toEqual([true, true]);
  });

  it('goes through pipeThrough and pipeTo', async () => {
    const resource = open({}, newDriverFor(LARGE.length));
    const zipped = toReadableStream(resource).pipeThrough(new CompressionStream('gzip'));
    const chunks: Uint8Array[] = [];
    const unzipped = zipped
      .pipeThrough(new DecompressionStream('gzip'))
      .pipeTo(new WritableStream<Uint8Array>({ write: (chunk) => void chunks.push(chunk) }));
    await Promise.all([unzipped, writeSlowly(resource)]);
    expect(isLarge(concat(chunks))).toBe(true);
  });
});
