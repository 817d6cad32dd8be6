import { execFile, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, get, type IncomingMessage, request as ask, type Server, type ServerResponse } from 'node:http';
import { connect as connect2, createServer as createServer2 } from 'node:http2';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { promisify } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Resource } from 'tidemark';
import { sendRangeResponse } from 'tidemark/node';
import { CountedView } from '../http/serve/counted-view.js';
import { makeContent, newResource } from '../http/fixtures.js';
import { plainRequest } from '../http/plain-client.js';
import { untilDemanded, untilNothingDemanded } from '../support/demands-of.js';

const content = makeContent(300_000);
/** A client that is not Node's: Node takes a reset for the end if it has not read all by then. */
const HAS_CURL = spawnSync('curl', ['--version']).status === 0;
setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

let resource: Resource;
let view: CountedView;
let server: Server;
let port: number;
let outcomes: Promise<string>[];

beforeEach(async () => {
  resource = newResource();
  resource.identity = '"v1"';
  view = new CountedView(resource);
  outcomes = [];
  server = createServer((request, response) => serve(request, response)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  port = (server.address() as AddressInfo).port;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

function serve(request: IncomingMessage, response: ServerResponse, close = false): void {
  const sent = sendRangeResponse(view, request, response, { close });
  const outcome = sent.then(
    () => 'sent',
    (error: unknown) => {
      if (!response.headersSent) response.writeHead(502).end();
      return (error as { code: string }).code;
    },
  );
  outcomes.push(outcome);
}

/** What somebody says to the server in HTTP, and what the server says before `until`. */
async function talk(...requests: string[]): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  await once(socket, 'connect');
  socket.write(requests.map((lines) => `${lines}\r\nHost: localhost\r\n\r\n`).join(''));
  return socket;
}

async function heard(socket: Socket, until: RegExp): Promise<string> {
  let all = '';
  for await (const piece of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<string>) {
    all += piece;
    if (until.test(all)) break;
  }
  return all;
}

async function expectNothingLeft(): Promise<void> {
  await Promise.all(outcomes);
  await untilNothingDemanded(resource);
  expect([view.waits, view.subscriptions]).toEqual([0, 0]);
}

describe('clients of a server of http', () => {
  it('that pipeline requests get the answers in order, by one connection', async () => {
    resource.expectedLength = content.length;
    const socket = await talk(
      'GET /1 HTTP/1.1\r\nRange: bytes=0-3',
      'GET /2 HTTP/1.1\r\nRange: bytes=4-7',
      'HEAD /3 HTTP/1.1',
    );
    await untilDemanded(resource);
    // The second is there first, and waits for the first.
    resource.writeAt(4, Buffer.from('tide'));
    resource.writeAt(0, Buffer.from('high'));
    const all = await heard(socket, /high[^]*tide[^]*content-length: 300000[^]*\r\n\r\n$/i);
    expect(all.match(/HTTP\/1.1 \d+/g)).toEqual(['HTTP/1.1 206', 'HTTP/1.1 206', 'HTTP/1.1 200']);
    expect(await Promise.all(outcomes)).toEqual(['sent', 'sent', 'sent']);
    await expectNothingLeft();
    socket.destroy();
  });

  it('that go leave nothing behind, though some of their pipelined requests have no connection yet', async () => {
    resource.expectedLength = content.length;
    const pipelined = Array.from({ length: 20 }, (_, n) => `GET /${n} HTTP/1.1\r\nRange: bytes=${n * 1000}-`);
    const socket = await talk(...pipelined);
    await untilDemanded(resource, 20);
    socket.destroy();
    await untilNothingDemanded(resource);
    expect(await Promise.all(outcomes)).toEqual(pipelined.map(() => 'sent'));
    await expectNothingLeft();
  });

  it('that reuse a connection for a hundred requests leave no listener on it, and no response in memory', async () => {
    resource.writeAll(content);
    const responses: WeakRef<ServerResponse>[] = [];
    server.on('request', (_, response) => responses.push(new WeakRef(response)));
    const sockets = new Set<Socket>();
    server.on('connection', (socket) => sockets.add(socket));
    const socket = await talk();
    const counts: number[] = [];
    for (let n = 0; n < 100; n++) {
      socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nRange: bytes=${n}-${n}\r\n\r\n`);
      expect(await heard(socket, /\r\n\r\n./s)).toMatch(/^HTTP\/1.1 206/);
      await Promise.all(outcomes);
      const [own] = sockets;
      if (n === 0 || n === 99)
        counts.push(own?.eventNames().reduce((sum, name) => sum + own.listenerCount(name), 0) ?? 0);
    }
    expect([sockets.size, counts[1]]).toEqual([1, counts[0]]);
    await turn();
    collectGarbage();
    // Node has the last one, and what the loop above has left on the stack.
    expect(responses.filter((response) => response.deref() !== undefined).length).toBeLessThan(10);
    await expectNothingLeft();
    socket.destroy();
  });

  it('that expect to be asked for a body of a GET are answered', async () => {
    resource.writeAll(content);
    const request = ask({
      port,
      host: '127.0.0.1',
      headers: { expect: '100-continue', range: 'bytes=-5', 'content-length': 4 },
    });
    request.flushHeaders();
    request.on('continue', () => request.end('body'));
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.statusCode).toBe(206);
    expect((await text(response.setEncoding('latin1'))).length).toBe(5);
    await expectNothingLeft();
  });

  it('that probe with two bytes, ask for more than one range, or resume behind the end are answered as they expect', async () => {
    resource.writeAll(content);
    for (const [range, status, contentRange, length] of [
      ['bytes=0-1', 206, 'bytes 0-1/300000', '2'],
      ['bytes=0-1,5-6', 200, undefined, '300000'],
      ['bytes=0-1,', 206, 'bytes 0-1/300000', '2'],
      ['bytes=300000-', 416, 'bytes */300000', undefined],
      ['bytes=-999999', 206, 'bytes 0-299999/300000', '300000'],
    ] as const) {
      const [response] = (await once(get({ port, host: '127.0.0.1', headers: { range } }), 'response')) as [
        IncomingMessage,
      ];
      response.resume();
      const { headers } = response;
      const answer = [response.statusCode, headers['content-range'], headers['content-length']];
      expect([range, ...answer]).toEqual([range, status, contentRange, length]);
      await once(response, 'end');
    }
    await expectNothingLeft();
  });

  it('that go on with a part they have, as curl -C does, get the rest while it comes', async () => {
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 200_000));
    const url = `http://127.0.0.1:${port}/`;
    const resumed = plainRequest(url, '100000-');
    await untilDemanded(resource);
    resource.writeAt(200_000, content.subarray(200_000));
    const { head, body } = await resumed;
    expect(head).toMatch(/^HTTP\/1.1 206 [^]*\r\ncontent-range: bytes 100000-299999\/300000\r\n/i);
    expect(Buffer.compare(body, content.subarray(100_000))).toBe(0);
    await expectNothingLeft();
  });

  it('of HTTP/1.0 get content of unknown length, which ends with the connection', async () => {
    resource.writeAt(0, Buffer.from('high'));
    const socket = await talk('GET / HTTP/1.0\r\nRange: bytes=0-');
    const all = heard(socket, /$^/);
    await untilDemanded(resource);
    resource.writeAt(4, Buffer.from(' tide'));
    resource.commit();
    expect(await all).toMatch(/^HTTP\/1.1 200[^]*\r\n\r\nhigh tide$/);
    await expectNothingLeft();
  });

  it('of HTTP/1.0 see that a body of unknown length broke off: what has come, and a connection that was reset', async () => {
    for (const [ending, code] of [
      [() => resource.fail('no route'), 'FAILED'],
      [() => resource.close(), 'CLOSED'],
    ] as const) {
      resource = newResource();
      view = new CountedView(resource);
      outcomes = [];
      resource.writeAt(0, Buffer.from('high'));
      const socket = await talk('GET / HTTP/1.0\r\nRange: bytes=0-');
      const end = new Promise((resolve) => {
        socket.once('end', () => resolve('end'));
        socket.once('error', resolve);
      });
      let said = '';
      socket.on('data', (text: string) => (said += text));
      while (!said.endsWith('high')) await once(socket, 'data');
      await untilDemanded(resource);
      ending();
      expect(await end).toMatchObject({ code: 'ECONNRESET' });
      expect(said).toMatch(/^HTTP\/1.1 200[^]*\r\n\r\nhigh$/);
      expect(await Promise.all(outcomes)).toEqual([code]);
    }
  });

  (HAS_CURL ? it : it.skip)('such as curl --http1.0 end with an error then', async () => {
    resource.writeAt(0, content.subarray(0, 100_000));
    const url = `http://127.0.0.1:${port}/`;
    const fetching = promisify(execFile)('curl', ['-sS', '--http1.0', url], { encoding: 'buffer', maxBuffer: 1e6 });
    await untilDemanded(resource);
    resource.fail('no route');
    await expect(fetching).rejects.toMatchObject({ code: 56 });
    await expectNothingLeft();
  });

  it('see a connection that is cut, and never an answer that seems whole, when the content changes', async () => {
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 1000));
    const [response] = (await once(get({ port, host: '127.0.0.1' }), 'response')) as [IncomingMessage];
    expect(response.headers['content-length']).toBe('300000');
    const whole = text(response);
    await untilDemanded(resource);
    resource.expectedLength = undefined;
    resource.commit();
    await expect(whole).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await Promise.all(outcomes)).toEqual(['CHANGED']);
    await expectNothingLeft();
  });

  it('get what a failed resource has, and then the failure', async () => {
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 1000));
    resource.fail('no route');
    const url = `http://127.0.0.1:${port}/`;
    const first = await fetch(url, { headers: { range: 'bytes=500-' } });
    expect([first.status, first.headers.get('content-range')]).toEqual([206, 'bytes 500-999/300000']);
    expect((await first.arrayBuffer()).byteLength).toBe(500);
    const second = await fetch(url, { headers: { range: 'bytes=1000-' } });
    expect(second.status).toBe(502);
    await expectNothingLeft();
  });
});

describe('a server of http', () => {
  it('may destroy a response, before or after its headers, and nothing is left of it', async () => {
    for (const headersFirst of [false, true]) {
      if (headersFirst) resource.expectedLength = content.length;
      const client = get({ port, host: '127.0.0.1', headers: { range: 'bytes=100-' } });
      const cut = once(client, 'error').catch((error: unknown) => [error]);
      client.on('response', (response) => response.on('error', () => client.emit('error', new Error('cut'))));
      const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
      await untilDemanded(resource);
      response.destroy();
      await cut;
      await expectNothingLeft();
    }
    expect(await Promise.all(outcomes)).toEqual(['sent', 'sent']);
  });

  it('may answer by itself while bytes are waited for: a timeout, say', async () => {
    const answering = once(get({ port, host: '127.0.0.1', headers: { range: 'bytes=100-' } }), 'response');
    const [, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse];
    await untilDemanded(resource);
    response.writeHead(504).end();
    const [received] = (await answering) as [IncomingMessage];
    received.resume();
    expect(received.statusCode).toBe(504);
    await expectNothingLeft();

    // Headers alone, and then the bytes come after all.
    const [late] = (await Promise.all([
      once(server, 'request'),
      Promise.resolve(get({ port, host: '127.0.0.1', headers: { range: 'bytes=100-' } }).on('error', () => undefined)),
    ])) as [[IncomingMessage, ServerResponse], unknown];
    await untilDemanded(resource);
    late[1].writeHead(504).flushHeaders();
    resource.expectedLength = content.length;
    expect(await outcomes.at(-1)).toBe('ERR_HTTP_HEADERS_SENT');
    await expectNothingLeft();
  });

  it('has the view closed when the client has all of it, has gone, or gets no answer', async () => {
    server.removeAllListeners('request');
    server.on('request', (request, response) => serve(request, response, true));
    for (const [range, goes] of [
      ['bytes=0-99', false],
      ['bytes=0-', true],
      ['bytes=300000-', false],
    ] as const) {
      resource = newResource();
      resource.expectedLength = content.length;
      resource.writeAt(0, content.subarray(0, 100_000));
      view = new CountedView(resource);
      const client = get({ port, host: '127.0.0.1', headers: { range } }).on('error', () => undefined);
      const [response] = (await once(client, 'response')) as [IncomingMessage];
      expect(goes ? view.closed : 0).toBe(0);
      response.on('error', () => undefined).resume();
      if (goes) {
        await untilDemanded(resource);
        client.destroy();
      }
      await outcomes.at(-1);
      expect([view.closed, view.waits, view.subscriptions]).toEqual([1, 0, 0]);
    }
    resource = newResource();
    view = new CountedView(resource);
    resource.fail('no route');
    expect((await fetch(`http://127.0.0.1:${port}/`)).status).toBe(502);
    expect(view.closed).toBe(1);
  });

  it('tells what closing the view has thrown, and the client has every byte', async () => {
    const error = Object.assign(new Error('It cannot be kept.'), { code: 'IO' });
    resource.writeAll(content);
    view = new (class extends CountedView {
      override close(): void {
        throw error;
      }
    })(resource);
    server.removeAllListeners('request');
    server.on('request', (request, response) => serve(request, response, true));
    const response = await fetch(`http://127.0.0.1:${port}/`);
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), content)).toBe(0);
    expect(await Promise.all(outcomes)).toEqual(['IO']);
  });
});

describe('a server of http2, by its compatibility API', () => {
  it('serves parts, conditions and headers alone, and nothing is left of a stream that its client resets', async () => {
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 100_000));
    const http2 = createServer2((request, response) => {
      const sent = sendRangeResponse(view, request, response, { headers: { 'set-cookie': 'a=1' } });
      outcomes.push(
        sent.then(
          () => 'sent',
          (error: unknown) => (error as { code: string }).code,
        ),
      );
    }).listen(0, '127.0.0.1');
    await once(http2, 'listening');
    const client = connect2(`http://127.0.0.1:${(http2.address() as AddressInfo).port}`);
    const request = (headers: Record<string, string>) => {
      const stream = client.request({ ':path': '/', ...headers });
      return once(stream, 'response').then(([received]) => ({ stream, received: received as Record<string, unknown> }));
    };

    const part = await request({ range: 'bytes=100-199' });
    expect(part.received).toMatchObject({
      ':status': 206,
      'content-range': 'bytes 100-199/300000',
      'set-cookie': ['a=1'],
    });
    part.stream.setEncoding('latin1');
    expect(Buffer.compare(Buffer.from(await text(part.stream), 'latin1'), content.subarray(100, 200))).toBe(0);
    expect((await request({ 'if-none-match': '"v1"' })).received).toMatchObject({ ':status': 304 });
    expect((await request({ ':method': 'HEAD' })).received).toMatchObject({
      ':status': 200,
      'content-length': '300000',
    });

    const left = await request({ range: 'bytes=99000-' });
    left.stream.resume();
    await untilDemanded(resource);
    left.stream.close();
    await untilNothingDemanded(resource);
    expect(await Promise.all(outcomes)).toEqual(['sent', 'sent', 'sent', 'sent']);

    const broken = await request({ range: 'bytes=99000-' });
    const cut = text(broken.stream);
    await untilDemanded(resource);
    resource.fail('no route');
    await expect(cut).rejects.toThrow();
    expect(await outcomes.at(-1)).toBe('FAILED');
    await expectNothingLeft();
    client.close();
    http2.close();
  });
});
