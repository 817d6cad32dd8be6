import { once } from 'node:events';
import { createServer, get, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Resource } from 'tidemark';
import { sendRangeResponse } from 'tidemark/node';
import { makeContent, newResource } from '../http/fixtures.js';
import { plainRequest } from '../http/plain-client.js';
import { codeOf } from '../support/code-of.js';
import { demandsOf, untilDemanded, untilNothingDemanded } from '../support/demands-of.js';

const content = makeContent(8_000_000);

let resource: Resource;
let server: Server;
let url: string;
/** What became of each answer. */
let outcomes: Promise<string>[];

beforeEach(async () => {
  resource = newResource();
  outcomes = [];
  server = createServer((request, response) => {
    const sent = sendRangeResponse(resource, request, response, { headers: { 'content-type': 'audio/flac' } });
    const outcome = sent.then(
      () => 'sent',
      (error: unknown) => {
        if (!response.headersSent) response.writeHead(502).end('It will not come.');
        return (error as { code: string }).code;
      },
    );
    outcomes.push(outcome);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterEach(() => {
  server.close();
  server.closeAllConnections();
});

function fill(): void {
  resource.writeAt(0, content);
  resource.commit();
}

async function ask(headers: Record<string, string>): Promise<IncomingMessage> {
  const request = get(url, { headers });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

describe('sendRangeResponse', () => {
  it('serves a plain client: parts, the end, the headers alone', async () => {
    fill();
    for (const [range, start, end] of [
      ['1000-1999', 1000, 2000],
      ['-500', content.length - 500, content.length],
      ['7999000-', 7_999_000, content.length],
    ] as const) {
      const { head, body } = await plainRequest(url, range);
      expect(head).toMatch(/^HTTP\/1.1 206 Partial Content\r\n/);
      expect(Buffer.compare(body, content.subarray(start, end))).toBe(0);
    }
    expect(Buffer.compare((await plainRequest(url)).body, content)).toBe(0);
    const { head, body } = await plainRequest(url, undefined, 'HEAD');
    expect(body).toHaveLength(0);
    expect(head).toMatch(/^HTTP\/1.1 200 OK\r\n[^]*content-length: 8000000\r\n[^]*content-type: audio\/flac\r\n/i);
    expect(await Promise.all(outcomes)).toEqual(['sent', 'sent', 'sent', 'sent', 'sent']);
  });

  it('serves fetch, while bytes are still arriving, headers first', async () => {
    resource.expectedLength = content.length;
    const response = await fetch(url, { headers: { range: 'bytes=100-199' } });
    expect([response.status, response.headers.get('content-range')]).toEqual([206, 'bytes 100-199/8000000']);
    resource.writeAt(0, content.subarray(0, 1000));
    expect(Buffer.compare(Buffer.from(await response.arrayBuffer()), content.subarray(100, 200))).toBe(0);
  });

  it('reads no more than the client takes', async () => {
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 7_000_000));
    const response = await ask({});
    response.pause();
    await delay(200);
    // All that is there fits into no socket's buffers: somebody who read it all would wait for the
    // rest now.
    expect(demandsOf(resource)).toEqual([]);
    response.resume();
    await untilDemanded(resource);
    resource.writeAt(7_000_000, content.subarray(7_000_000));
    await once(response, 'end');
  });

  it.each([
    ['before there is an answer', undefined],
    ['while bytes are missing', content.length],
  ])('withdraws the demand of a client that goes: %s', async (_, expectedLength) => {
    if (expectedLength !== undefined) resource.expectedLength = expectedLength;
    const request = get(url, { headers: { range: 'bytes=5000-' } });
    request.on('error', () => undefined);
    await untilDemanded(resource);
    request.destroy();
    await untilNothingDemanded(resource);
    expect(await Promise.all(outcomes)).toEqual(['sent']);
  });

  it('does nothing for a client that has gone before', async () => {
    server.removeAllListeners('request');
    const sent = new Promise<string>((resolve) => {
      server.once('request', (request, response) => {
        response.once('close', () => {
          sendRangeResponse(resource, request, response).then(() => resolve('nothing'), resolve);
        });
      });
    });
    const request = get(url);
    request.on('error', () => undefined);
    await once(server, 'request');
    request.destroy();
    expect(await sent).toBe('nothing');
    expect(demandsOf(resource)).toEqual([]);
  });

  it('sends each header once, though somebody has set it before', async () => {
    fill();
    server.removeAllListeners('request');
    server.once('request', (request, response) => {
      response.setHeader('content-type', 'text/plain').setHeader('content-length', 7);
      void sendRangeResponse(resource, request, response, {
        headers: [
          ['set-cookie', 'a=1'],
          ['set-cookie', 'b=2'],
        ],
      });
    });
    const response = await ask({ range: 'bytes=0-9' });
    response.resume();
    expect(response.headersDistinct).toMatchObject({
      'content-type': ['application/octet-stream'],
      'content-length': ['10'],
      'set-cookie': ['a=1', 'b=2'],
    });
  });

  it('says when the bytes will not come: by a rejection, or by cutting the connection', async () => {
    const early = ask({ range: 'bytes=0-' });
    await untilDemanded(resource);
    resource.fail('no route');
    expect((await early).statusCode).toBe(502);

    resource.reactivate();
    resource.expectedLength = content.length;
    resource.writeAt(0, content.subarray(0, 1000));
    const response = await ask({});
    const broken = codeOf(once(response, 'end'));
    response.resume();
    await untilDemanded(resource);
    resource.fail('no route');
    expect(await broken).toBe('ECONNRESET');
    expect(await Promise.all(outcomes)).toEqual(['FAILED', 'FAILED']);
  });
});
