import { describe, expect, it } from '@jest/globals';
import { AT_ONCE, complete, content, expectCommitted, expectNothingElse, failure, newResource } from '../fixtures.js';
import { type Exchange, type Manners, TestServer } from '../test-server.js';

const CHUNKS = { ...AT_ONCE, chunkSize: 250_000, concurrency: 1 };

/** Which paths were asked for, in this order. */
function pathsOf({ exchanges }: TestServer): (string | undefined)[] {
  return exchanges.map(({ request }) => request.url);
}

/**
 * Redirects from the URL of the server to where `to` says, and serves the content there with the
 * manners that `serve` says.
 */
function redirect(
  server: TestServer,
  to: (redirects: number) => string,
  serve: (exchange: Exchange, redirects: number) => Manners = () => ({}),
): void {
  let redirects = 0;
  server.handle = (exchange) => {
    if (exchange.request.url !== '/song.flac') return server.serve(exchange, serve(exchange, redirects));
    redirects += 1;
    return exchange.response.writeHead(302, { location: to(redirects) }).end();
  };
}

describe('a redirect', () => {
  it('is followed once, though it leads to another version each time', async () => {
    const server = await TestServer.start(content);
    redirect(
      server,
      (redirects) => `/version/${redirects}`,
      ({ request }) => ({ headers: { etag: `"${request.url ?? ''}"` } }),
    );
    const resource = newResource();
    await complete(resource, server.url, CHUNKS);
    expectCommitted(resource, content);
    expect(pathsOf(server)).toEqual(['/song.flac', ...Array<string>(4).fill('/version/1')]);
  });

  it('is that of the first answer, where several requests are made before there is one', async () => {
    const server = await TestServer.start(content);
    server.latency = 20;
    redirect(
      server,
      (redirects) => `/version/${redirects}`,
      ({ request }) => ({ headers: { etag: `"${request.url ?? ''}"` } }),
    );
    const resource = newResource();
    for (const start of [0, 400_000, 800_000]) resource.waitRange({ start, end: start + 10 }).subscribe();
    await complete(resource, server.url, { ...CHUNKS, concurrency: 4 });
    expectCommitted(resource, content);
    expect(resource.identity).toMatch(/^"\/version\/[123]"$/);
  });

  it('is not followed anew by a request that is made again', async () => {
    const server = await TestServer.start(content, '"v1"');
    redirect(
      server,
      () => '/elsewhere',
      ({ number }) => (number === 3 ? { cutAfter: 10_000 } : {}),
    );
    const resource = newResource();
    await complete(resource, server.url, CHUNKS);
    expectCommitted(resource, content);
    expect(pathsOf(server).filter((path) => path === '/song.flac')).toHaveLength(1);
  });

  it.each([400, 401, 403, 404, 410])('is followed anew when where it led to answers %i', async (status) => {
    const server = await TestServer.start(content, '"v1"');
    redirect(
      server,
      (redirects) => `/signed/${redirects}`,
      ({ request }, redirects) => {
        const expired = server.exchanges.filter(({ request: { url } }) => url === request.url).length > 2;
        return expired || request.url !== `/signed/${redirects}` ? { status, body: Buffer.alloc(0) } : {};
      },
    );
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, retry: false });
    expectCommitted(resource, content);
    expect(pathsOf(server)).toEqual([
      '/song.flac',
      '/signed/1',
      '/signed/1',
      '/signed/1',
      '/song.flac',
      '/signed/2',
      '/signed/2',
    ]);
  });

  it('to an address that works once is followed each time', async () => {
    const server = await TestServer.start(content, '"v1"');
    redirect(
      server,
      (redirects) => `/once/${redirects}`,
      ({ request }) => {
        const uses = server.exchanges.filter(({ request: { url } }) => url === request.url).length;
        return uses > 1 ? { status: 403, body: Buffer.alloc(0) } : {};
      },
    );
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, retry: false });
    expectCommitted(resource, content);
    // One refusal says so.
    expect(server.exchanges).toHaveLength(9);
  });

  it('is followed anew when half of the attempts have failed where it led to', async () => {
    const server = await TestServer.start(content, '"v1"');
    redirect(
      server,
      (redirects) => `/node/${redirects}`,
      ({ number, request }) => (number > 1 && request.url === '/node/1' ? { cutAfter: 0 } : {}),
    );
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, retry: { count: 6, delay: 0 } });
    expectCommitted(resource, content);
    const paths = pathsOf(server);
    expect(paths.filter((path) => path === '/node/1')).toHaveLength(1 + 3);
    expect(paths.filter((path) => path === '/song.flac')).toHaveLength(2);
  });

  it('has to lead to the same version when it is followed anew', async () => {
    const server = await TestServer.start(content);
    redirect(
      server,
      (redirects) => `/version/${redirects}`,
      ({ number, request }) =>
        number > 1 && request.url === '/version/1'
          ? { status: 404, body: Buffer.alloc(0) }
          : { headers: { etag: `"${request.url ?? ''}"` } },
    );
    const resource = newResource();
    expect(await failure(resource, server.url, CHUNKS)).toMatchObject({ code: 'CHANGED' });
    expect(resource.coveredBytes).toBe(250_000);
    expectNothingElse(resource, content);
  });

  it('is followed each time where the fetch that it is given does not tell where it led', async () => {
    const server = await TestServer.start(content, '"v1"');
    redirect(server, () => '/elsewhere');
    const silent: typeof fetch = async (input, init) => {
      const { body, status, headers } = await fetch(input, init);
      return new Response(body, { status, headers });
    };
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, fetch: silent });
    expectCommitted(resource, content);
    expect(pathsOf(server).filter((path) => path === '/song.flac')).toHaveLength(4);
  });

  it('to another origin takes no secrets there, also when it is not followed any more', async () => {
    const server = await TestServer.start(content);
    const elsewhere = await TestServer.start(content, '"v1"');
    redirect(server, () => elsewhere.url);
    const secrets = { authorization: 'Bearer 1', cookie: 'session=1', 'proxy-authorization': 'Basic 1' };
    const urls: string[] = [];
    for (const headers of [
      { ...secrets, 'x-app': 'player' },
      (url: URL) => (urls.push(url.href), { ...secrets, 'x-app': 'player' }),
    ]) {
      elsewhere.exchanges = [];
      const resource = newResource();
      await complete(resource, server.url, { ...CHUNKS, headers });
      expectCommitted(resource, content);
      expect(elsewhere.exchanges).toHaveLength(4);
      for (const { request } of elsewhere.exchanges) {
        expect(request.headers).toMatchObject({ 'x-app': 'player' });
        for (const name of Object.keys(secrets)) expect(request.headers).not.toHaveProperty(name);
      }
      expect(server.exchanges.at(-1)?.request.headers.authorization).toBe('Bearer 1');
    }
    expect(urls).toEqual([server.url, ...Array<string>(3).fill(elsewhere.url)]);
  });
});

describe('headers that are made by a function', () => {
  it('are made for each request, and what the function throws ends the download', async () => {
    const server = await TestServer.start(content, '"v1"');
    let made = 0;
    const resource = newResource();
    await complete(resource, server.url, { ...CHUNKS, headers: () => ({ 'x-number': String(++made) }) });
    expectCommitted(resource, content);
    expect(server.exchanges.map(({ request }) => request.headers['x-number'])).toEqual(['1', '2', '3', '4']);
    const broken = (): never => {
      throw new Error('no key');
    };
    expect((await failure(newResource(), server.url, { headers: broken })).message).toBe('no key');
  });
});
