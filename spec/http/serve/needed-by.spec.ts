import { describe, expect, it } from '@jest/globals';
import type { NeededBy, Resource } from 'tidemark';
import { rangeResponse } from 'tidemark/http';
import { bytes } from '../../support/bytes.js';
import { untilDemandedAt } from '../../support/demands-of.js';
import { newResource } from '../fixtures.js';
import { request } from './request.js';

/** When the bytes from `start` on are needed, once somebody waits for them; nobody else does. */
async function timesAt(resource: Resource, start: number): Promise<(number | undefined)[]> {
  return (await untilDemandedAt(resource, start)).map(({ neededBy }) => neededBy);
}

describe('neededBy of rangeResponse', () => {
  it.each<[string, NeededBy, (number | undefined)[][]]>([
    ['a number, for what the length is learned from, and the first piece', 1000, [[1000], [1000], [undefined]]],
    ['a function, for every piece', (offset) => 1000 + offset, [[1006], [1006], [1008]]],
  ])('says when bytes are needed: %s', async (_, neededBy, times) => {
    const resource = newResource();
    const answered = rangeResponse(resource, request({ range: 'bytes=6-' }), { neededBy });
    const found = [await timesAt(resource, 6)];
    resource.expectedLength = 10;
    const response = await answered;
    const body = response.arrayBuffer();
    found.push(await timesAt(resource, 6));
    resource.writeAt(6, bytes(2, 6));
    found.push(await timesAt(resource, 8));
    resource.writeAt(8, bytes(2, 8));
    expect([...new Uint8Array(await body)]).toEqual([6, 7, 8, 9]);
    expect(found).toEqual(times);
  });

  it('rejects with what a function throws', async () => {
    const reason = new Error('no idea');
    const neededBy = (): number => {
      throw reason;
    };
    await expect(rangeResponse(newResource(), request(), { neededBy })).rejects.toBe(reason);
  });

  it('rejects with INVALID_ARGUMENT for what is no time', async () => {
    await expect(rangeResponse(newResource(), request(), { neededBy: NaN })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'Expected neededBy to be a time in epoch milliseconds, got NaN.',
    });
  });
});
