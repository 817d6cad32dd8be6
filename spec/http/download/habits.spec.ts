import { describe, expect, it } from '@jest/globals';
import { firstValueFrom } from 'rxjs';
import {
  AT_ONCE,
  complete,
  content,
  expectCommitted,
  failure,
  makeContent,
  newResource,
  SMALL_CHUNKS,
} from '../fixtures.js';
import { type Manners, TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

const ONE_BY_ONE = { ...SMALL_CHUNKS, concurrency: 1 };
const WHOLE: Manners = { ignoresRange: true };
const UNPLACEABLE: Manners = { headers: { 'content-range': undefined } };
const ZIPPED: Manners = { headers: { 'content-encoding': 'x-gzip' }, body: Buffer.alloc(0) };

describe('one odd answer among parts', () => {
  it.each([
    ['is everything', WHOLE],
    ['does not say which part it is', UNPLACEABLE],
    ['is compressed', ZIPPED],
  ])('is an accident: the part is asked for again. It %s', async (_, manners) => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, exchange.number === 4 ? manners : {});
    const resource = newResource();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(11);
    expect(server.asked[5]).toEqual(server.asked[4]);
  });

  it('is an accident every other time, too', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, exchange.number % 2 === 1 ? WHOLE : {});
    const resource = newResource();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(19);
  });

  it('is read where it begins near what is wanted, and whoever waits far away is served beside it', async () => {
    const big = makeContent(6_000_000);
    const server = await TestServer.start(big, '"v1"');
    server.bytesPerSecond = 2_000_000;
    const resource = newResource();
    const tail = firstValueFrom(resource.read(range(big.length - 1000, big.length)));
    // The part at the end comes first, then everything instead of the beginning.
    server.handle = (exchange) => server.serve(exchange, exchange.asked?.start === 0 ? WHOLE : {});
    const completed = complete(resource, server.url);
    await tail;
    const middle = await firstValueFrom(resource.read(range(4_000_000, 4_001_000)));
    expect(Buffer.compare(middle, big.subarray(4_000_000, 4_001_000))).toBe(0);
    expect(resource.coveredBytes).toBeLessThan(3_000_000);
    server.bytesPerSecond = Infinity;
    await completed;
    expectCommitted(resource, big);
  });
});

describe('two odd answers in a row', () => {
  it('are a habit: everything is taken from a server that sends everything', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, exchange.number >= 3 ? WHOLE : {});
    const resource = newResource();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(5);
  });

  it('are a habit: everything is asked for where parts cannot be placed', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, exchange.number >= 3 ? UNPLACEABLE : {});
    const resource = newResource();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect(server.asked.slice(3)).toEqual([range(300_000, 400_000), range(300_000, 400_000), undefined]);
  });

  it('are forgotten when a part comes after all', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      if (exchange.number === 3 || exchange.number === 4)
        return server.serve(exchange, { ...WHOLE, cutAfter: 320_000 });
      return server.serve(exchange);
    };
    const resource = newResource();
    await complete(resource, server.url, ONE_BY_ONE);
    expectCommitted(resource, content);
    // The second of them was cut, and parts are asked for again.
    expect(server.asked.length).toBeGreaterThan(5);
    expect(server.asked.slice(5)).not.toContain(undefined);
  });
});

describe('a server that drops ranges when it sees a condition', () => {
  it('is sent none, and keeps its ranges', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      server.serve(exchange, { ignoresRange: exchange.request.headers['if-range'] !== undefined });
    const resource = newResource();
    await complete(resource, server.url, ONE_BY_ONE);
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(10);
  });
});

describe('a part that begins before what was asked', () => {
  it('is taken from there on', async () => {
    const server = await TestServer.start(content, '"v1"');
    // A cache that has blocks of 64 KiB.
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const from = start - (start % 65_536);
      const until = Math.min(end, content.length);
      const headers = { 'content-range': `bytes ${from}-${until - 1}/${content.length}` };
      return server.serve(exchange, { headers, body: content.subarray(from, until) });
    };
    const resource = newResource();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(10);
  });

  it('is not believed where its body is as long as what was asked, which is not the place that it names', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      const headers = {
        'content-range': `bytes ${start - 1}-${end - 1}/${content.length}`,
        'content-length': undefined,
      };
      return server.serve(exchange, exchange.number === 0 ? { headers } : {});
    };
    const resource = newResource();
    resource.waitRange(range(500_000, 500_010)).subscribe();
    await complete(resource, server.url, ONE_BY_ONE);
    expectCommitted(resource, content);
  });

  it('is everything if it is from 0 to the end', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const headers = { 'content-range': `bytes 0-${content.length - 1}/${content.length}` };
      return server.serve(exchange, { status: 206, headers, body: content });
    };
    const resource = newResource();
    const tail = firstValueFrom(resource.read(range(900_000, 900_001)));
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect((await tail)[0]).toBe(content[900_000]);
  });
});

describe('a part in an answer with status 200', () => {
  it('is a part, and not all of it', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, { status: 200 });
    const resource = newResource();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(10);
  });
});

describe('a part in an answer with status 200 that does not speak of its place', () => {
  it.each([
    ['with its length, at the beginning', 0, false],
    ['with its length, in the middle', 500_000, false],
    ['without a length, at the beginning', 0, true],
    ['without a length, in the middle', 500_000, true],
  ])('shows itself by being as long as what was asked for: %s', async (_, start, untold) => {
    const server = await TestServer.start(content, '"v1"');
    const headers = { 'content-range': undefined, ...(untold && { 'content-length': undefined }) };
    server.handle = (exchange) => server.serve(exchange, exchange.asked && { status: 200, headers });
    const resource = newResource();
    resource.waitRange({ start, end: start + 10 }).subscribe();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
    expect(server.asked).toEqual([{ start, end: start + 100_000 }, undefined]);
  });
});

describe('a server that refuses a part that ends behind the content', () => {
  const ENDS_AT = `bytes */${content.length}`;

  it.each([
    ['and tells the length', ENDS_AT, [range(0, 1_048_576), range(0, 1_000_000)]],
    ['and does not', undefined, [range(0, 1_048_576), undefined]],
  ])('is asked again for what there is: %s', async (_, contentRange, asked) => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) =>
      (exchange.asked?.end ?? 0) > content.length
        ? server.serve(exchange, { status: 416, body: Buffer.alloc(0), headers: { 'content-range': contentRange } })
        : server.serve(exchange);
    const resource = newResource();
    await complete(resource, server.url, { retry: false });
    expectCommitted(resource, content);
    expect(server.asked).toEqual(asked);
  });

  it('and never tells a length is asked for the rest without an end, before that is taken for the end', async () => {
    const server = await TestServer.start(content, '"v1"');
    const ranges: (string | undefined)[] = [];
    server.handle = (exchange) => {
      const { range } = exchange.request.headers;
      ranges.push(range);
      const [, first = '', last = ''] = /^bytes=(\d+)-(\d*)$/.exec(range ?? '') ?? [];
      const [start, end] = [Number(first), last === '' ? content.length : Number(last) + 1];
      if (end > content.length || start >= content.length) return exchange.response.writeHead(416).end();
      const headers = { 'content-range': `bytes ${start}-${end - 1}/*`, etag: '"v1"' };
      return exchange.response.writeHead(206, headers).end(content.subarray(start, end));
    };
    const resource = newResource();
    await complete(resource, server.url, { ...AT_ONCE, chunkSize: 300_000, concurrency: 1, retry: false });
    expectCommitted(resource, content);
    expect(ranges.slice(3)).toEqual([
      'bytes=900000-1199999',
      'bytes=900000-',
      'bytes=1000000-1299999',
      'bytes=1000000-',
    ]);
  });
});

describe('a total that cannot be meant', () => {
  it.each(['18446744073709551615', '9007199254740992', '-1', 'unknown'])('is as good as none: %s', async (total) => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => {
      const { start = 0, end = 0 } = exchange.asked ?? {};
      if (start >= content.length) return server.serve(exchange);
      const last = Math.min(end, content.length) - 1;
      return server.serve(exchange, { headers: { 'content-range': `bytes ${start}-${last}/${total}` } });
    };
    const resource = newResource();
    await complete(resource, server.url, { ...ONE_BY_ONE, retry: false });
    expectCommitted(resource, content);
  });
});

describe('a page in place of the content', () => {
  const page: Manners = {
    status: 200,
    body: Buffer.from('<html>Log in, please.</html>'),
    headers: { 'content-type': 'text/html', 'content-range': undefined, etag: '"page"' },
  };
  const flac: Manners = { headers: { 'content-type': 'audio/flac' } };

  it('is no new version: the part is asked for again', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, [3, 4].includes(exchange.number) ? page : flac);
    const resource = newResource();
    await complete(resource, server.url, ONE_BY_ONE);
    expectCommitted(resource, content);
    expect(server.exchanges).toHaveLength(12);
  });

  it('is an error with HTTP in the end, and what is there stays', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, exchange.number > 2 ? page : flac);
    const resource = newResource();
    const error = await failure(resource, server.url, { ...ONE_BY_ONE, retry: { count: 2, delay: 0 } });
    expect(error).toMatchObject({ code: 'HTTP', httpStatus: 200 });
    expect(error.message).toContain('the answer is text/html');
    expect(resource.coveredBytes).toBe(300_000);
    server.handle = (exchange) => server.serve(exchange, flac);
    await complete(resource, server.url, ONE_BY_ONE);
    expectCommitted(resource, content);
  });

  it('of another type is one if it comes from an origin that nothing has led to before', async () => {
    const portal = await TestServer.start(Buffer.from('{}'));
    const server = await TestServer.start(content, '"v1"');
    portal.manners = { headers: { 'content-type': 'application/json' } };
    server.handle = (exchange) =>
      exchange.number === 3
        ? exchange.response.writeHead(302, { location: portal.url }).end()
        : server.serve(exchange, flac);
    const resource = newResource();
    await complete(resource, server.url, ONE_BY_ONE);
    expectCommitted(resource, content);
    expect(portal.exchanges).toHaveLength(1);
  });

  it('is told by accept where it is the very first answer', async () => {
    const server = await TestServer.start(content, '"v1"');
    server.handle = (exchange) => server.serve(exchange, exchange.number === 0 ? page : flac);
    const seen: [number, string | null, string][] = [];
    const resource = newResource();
    await complete(resource, server.url, {
      ...ONE_BY_ONE,
      accept: ({ status, headers, url }) => {
        seen.push([status, headers.get('content-type'), url]);
        return headers.get('content-type') !== 'text/html';
      },
    });
    expectCommitted(resource, content);
    expect(seen.slice(0, 2)).toEqual([
      [200, 'text/html', server.url],
      [206, 'audio/flac', server.url],
    ]);
    expect(seen).toHaveLength(11);
  });
});

describe('accept', () => {
  it('is asked about answers with a status of 2xx alone, and ends the download with HTTP if it never accepts one', async () => {
    const server = await TestServer.start(content);
    server.handle = (exchange) =>
      server.serve(exchange, exchange.number === 1 ? { status: 503, body: Buffer.alloc(0) } : {});
    let calls = 0;
    const options = { retry: { count: 2, delay: 0 }, accept: () => (calls++, false) };
    const resource = newResource();
    expect(await failure(resource, server.url, options)).toMatchObject({ code: 'HTTP', httpStatus: 206 });
    expect([calls, server.exchanges.length, resource.coveredBytes]).toEqual([2, 3, 0]);
  });

  it('ends the download with what it throws', async () => {
    const server = await TestServer.start(content);
    const accept = (): never => {
      throw new RangeError('what is that?');
    };
    expect((await failure(newResource(), server.url, { ...AT_ONCE, accept })).message).toBe('what is that?');
    expect(server.exchanges).toHaveLength(1);
  });
});
