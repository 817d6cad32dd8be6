import { describe, expect, it } from '@jest/globals';
import { complete, content, expectCommitted, newResource, SMALL_CHUNKS } from '../fixtures.js';
import { type Exchange, TestServer } from '../test-server.js';

const LENGTH = content.length;

/** Headers of the answer to a request for `[start, end)`. */
type Slip = (start: number, end: number) => Record<string, string | string[] | undefined>;

describe('a slip in the headers of all parts whose meaning is evident', () => {
  it.each<[string, Slip]>([
    ['the unit in capitals', (start, end) => ({ 'content-range': `BYTES ${start}-${end - 1}/${LENGTH}` })],
    ['= behind the unit', (start, end) => ({ 'content-range': `bytes=${start}-${end - 1}/${LENGTH}` })],
    ['spaces', (start, end) => ({ 'content-range': `bytes  ${start} - ${end - 1} / ${LENGTH}` })],
    [
      'the header twice',
      (start, end) => {
        const one = `bytes ${start}-${end - 1}/${LENGTH}`;
        return { 'content-range': [one, one] };
      },
    ],
    ['no total', (start, end) => ({ 'content-range': `bytes ${start}-${end - 1}/*` })],
    ['a total of 2^64', (start, end) => ({ 'content-range': `bytes ${start}-${end - 1}/18446744073709551616` })],
    [
      'an end behind the total',
      (start, end) => ({ 'content-range': `bytes ${start}-${end < LENGTH ? end - 1 : end + 9}/${LENGTH}` }),
    ],
    ['Content-Encoding: none', () => ({ 'content-encoding': 'none' })],
    ['an empty Content-Encoding', () => ({ 'content-encoding': '' })],
    ['Content-Encoding: AWS-Chunked', () => ({ 'content-encoding': 'AWS-Chunked' })],
    ['no Content-Length', () => ({ 'content-length': undefined })],
  ])('costs nothing, and ranges are not given up: %s', async (_, slip) => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange: Exchange) => {
      const { start = 0, end = LENGTH } = exchange.asked ?? {};
      const headers = start < LENGTH ? slip(start, Math.min(end, LENGTH)) : {};
      return server.serve(exchange, { headers });
    };
    const resource = newResource();
    await complete(resource, server.url, SMALL_CHUNKS);
    expectCommitted(resource, content);
    const parts = server.asked.filter((range) => range !== undefined && range.start < LENGTH);
    expect(parts).toHaveLength(10);
    expect(server.asked).not.toContain(undefined);
  });
});
