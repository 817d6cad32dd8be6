import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Resource } from 'tidemark';
import { toNodeReadable } from 'tidemark/node';
import { newResource } from '../http/fixtures.js';
import { untilDemanded, untilNothingDemanded } from '../support/demands-of.js';
import { range } from '../support/range.js';

let resource: Resource;

beforeEach(() => {
  resource = newResource();
});

afterEach(() => resource.close());

describe('toNodeReadable', () => {
  it('is a stream of buffers, which gives a range in order while it is written out of order', async () => {
    const stream = toNodeReadable(resource, range(2, 8));
    expect(stream).toBeInstanceOf(Readable);
    const read = buffer(stream);
    resource.writeAt(5, Buffer.from('fghij'));
    resource.writeAt(0, Buffer.from('abcde'));
    expect(String(await read)).toBe('cdefgh');
  });

  it('fails with the error of the resource', async () => {
    const read = buffer(toNodeReadable(resource));
    resource.fail('no network');
    await expect(read).rejects.toMatchObject({ code: 'FAILED' });
  });

  it('withdraws what it waits for when it is destroyed, and leaves the resource open', async () => {
    const stream = toNodeReadable(resource);
    stream.resume();
    expect(await untilDemanded(resource)).toHaveLength(1);
    stream.destroy();
    await untilNothingDemanded(resource);
    expect(resource.status.state).toBe('active');
  });

  it('throws INVALID_RANGE at the call', () => {
    expect(() => toNodeReadable(resource, range(2, 1))).toThrow(/range \{ start, end \}.*half-open.*got \[2, 1\)/);
  });
});
