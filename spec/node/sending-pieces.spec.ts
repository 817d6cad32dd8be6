import { once } from 'node:events';
import { rmSync } from 'node:fs';
import { createServer as createServer1, type IncomingMessage, type ServerResponse } from 'node:http';
import {
  connect as connect2,
  createServer as createServer2,
  type Http2ServerRequest,
  type Http2ServerResponse,
} from 'node:http2';
import { createServer as createTlsServer, request as askTls } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import { createGzip, gunzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import { filter, firstValueFrom } from 'rxjs';
import { attachReader, MemDriver, Resource, type ResourceView } from 'tidemark';
import { sendRangeResponse } from 'tidemark/node';
import { makeContent } from '../http/fixtures.js';
import {
  ask,
  CAN_COUNT,
  fetched,
  handedOver,
  later,
  listening,
  MAPPINGS,
  mappingsOf,
  openFile,
  outcomeOf,
  serve,
  untilCut,
  type Served,
} from './served-files.js';

const MIB = 2 ** 20;
const content = makeContent(3 * MIB + 12_345);
/** More than the buffers of both sockets take. */
const large = makeContent(32 * MIB);
const MAPPED = MAPPINGS.filter((mapping) => mapping !== 'off' && CAN_COUNT);

const KINDS: [string, () => ResourceView][] = [
  ...MAPPINGS.map((mapping): [string, () => ResourceView] => [
    `a file, mapping ${mapping}`,
    () => openFile(content, { mapping }),
  ]),
  ['a file, from a reader', () => later(attachReader(openFile(content).createPort().handle))],
  ['shared memory', () => later(Resource.open(new MemDriver({ initialData: content })))],
  ['memory of its own', () => later(Resource.open(new MemDriver({ initialData: content, shared: false })))],
];

async function pending(response: ServerResponse): Promise<void> {
  // Until the system takes no more, and some of a piece is left.
  for (let same = 0, last = -1; same < 20; same += 1) {
    const { bytesWritten = 0, writableLength = 0 } = response.socket ?? {};
    if (bytesWritten !== last || writableLength === 0) same = 0;
    last = bytesWritten;
    await turn();
  }
}

/** Asks for everything, reads none of it, and waits until what is on its way fills all buffers. */
async function askAndPause({ server, port }: Served): Promise<IncomingMessage> {
  const [[, sending], response] = await Promise.all([
    once(server, 'request') as Promise<[unknown, ServerResponse]>,
    ask(port).then((answer) => answer.pause()),
  ]);
  await pending(sending);
  return response;
}

describe('committed bytes on a plain socket', () => {
  it.each(KINDS)('arrive as they are, whatever part is asked for: %s', async (_, open) => {
    const { port, outcomes } = await serve(open());
    for (const [first, last] of [
      [0, content.length - 1],
      [1, 2 * MIB],
      [content.length - 300_000, content.length - 1],
      [5, 5],
    ] as const) {
      const part = await fetched(port, { range: `bytes=${first}-${last}` });
      expect(Buffer.compare(part, content.subarray(first, last + 1))).toBe(0);
    }
    expect(await Promise.all(outcomes)).toEqual(['sent', 'sent', 'sent', 'sent']);
  });

  it.each(KINDS)('are handed over as large pieces of one memory, but for their end: %s', async (_, open) => {
    const { server, port } = await serve(open());
    const handed = once(server, 'connection').then(([socket]) => handedOver(socket as Socket));
    const body = await fetched(port);
    const pieces = (await handed).filter(({ length }) => length > 1000);
    expect(body.length).toBe(content.length);
    expect(pieces.length).toBeLessThan(6);
    const [memory] = new Set(pieces.map((piece) => piece.buffer));
    expect(pieces.filter((piece) => piece.buffer !== memory).length).toBeLessThanOrEqual(1);
  });

  it('are handed over as the memory of the resource itself, shared or not', async () => {
    for (const shared of [true, false]) {
      const resource = later(Resource.open(new MemDriver({ initialData: content, shared })));
      const { server, port } = await serve(resource);
      const handed = once(server, 'connection').then(([socket]) => handedOver(socket as Socket));
      await fetched(port);
      const memory = resource.view({ start: 0, end: 1 }).buffer;
      const own = (await handed).filter((piece) => piece.buffer === memory);
      expect(own.reduce((sum, { length }) => sum + length, 0)).toBeGreaterThan(content.length - 100_000);
    }
  });

  it('arrive where the resource is committed meanwhile', async () => {
    const resource = later(Resource.open(new MemDriver(), { expectedLength: content.length }));
    resource.writeAt(0, content.subarray(0, MIB));
    const { port } = await serve(resource);
    const response = await ask(port);
    const body = buffer(response);
    await firstValueFrom(resource.demand$.pipe(filter(({ length }) => length > 0)));
    resource.writeAt(MIB, content.subarray(MIB));
    resource.commit();
    expect(Buffer.compare(await body, content)).toBe(0);
  });

  it('are those that a driver reads, where it is derived from ours', async () => {
    class Inverted extends MemDriver {
      override read(offset: number, target: Uint8Array): void {
        super.read(offset, target);
        for (let at = 0; at < target.length; at += 1) target[at] = 255 - (target[at] ?? 0);
      }
    }
    const { port } = await serve(later(Resource.open(new Inverted({ initialData: content }))));
    expect(
      Buffer.compare(
        await fetched(port),
        content.map((byte) => 255 - byte),
      ),
    ).toBe(0);
  });

  it('that become another version while they are sent are never taken for a whole answer', async () => {
    const resource = later(Resource.open(new MemDriver({ initialData: large })));
    resource.reactivate();
    resource.identity = '"v1"';
    resource.commit(large.length);
    const served = await serve(resource);
    const response = await askAndPause(served);
    resource.reactivate();
    resource.identity = '"v2"';
    resource.writeAt(0, Buffer.alloc(large.length, 'x'));
    resource.commit(large.length);
    expect(await untilCut(response)).toMatchObject({ cut: true });
    expect(await Promise.all(served.outcomes)).toEqual(['CHANGED']);
  });
});

describe.each(MAPPED)('a mapping by %s', (mapping) => {
  it('lives until the piece of it that is being written is, though the resource is closed and the file removed', async () => {
    const resource = openFile(large, { mapping });
    const path = resource.path ?? '';
    const served = await serve(resource);
    const response = await askAndPause(served);
    resource.close();
    rmSync(path);
    expect(mappingsOf(path)).toBe(1);
    const { bytes, cut } = await untilCut(response);
    expect(cut).toBe(true);
    expect(Buffer.compare(bytes, large.subarray(0, bytes.length))).toBe(0);
    expect(await Promise.all(served.outcomes)).toEqual(['CLOSED']);
  });
});

describe('a mapping by koffi', () => {
  const itMaps = MAPPED.includes('koffi');

  it('is gone with the last piece, where the resource was closed before, the client has gone, or all was sent', async () => {
    for (const end of ['closed', 'gone', 'sent'] as const) {
      const resource = openFile(large, { mapping: itMaps ? 'koffi' : 'off' });
      const path = resource.path ?? '';
      const served = await serve(resource);
      const response = await askAndPause(served);
      if (end === 'closed') resource.close();
      if (end === 'gone') response.on('error', () => undefined).destroy();
      else await untilCut(response);
      await Promise.all(served.outcomes);
      resource.close();
      // The callback of a write that was cancelled comes a turn later.
      for (let turns = 0; turns < 100 && itMaps && mappingsOf(path) > 0; turns += 1) await turn();
      expect([end, itMaps && mappingsOf(path) > 0]).toEqual([end, false]);
    }
  });
});

describe('committed bytes on what is no plain socket', () => {
  const open = (): ResourceView => openFile(content);

  it('arrive through TLS', async () => {
    const view = open();
    const psk = { psk: Buffer.alloc(16, 1), identity: 'test' };
    const options = { ciphers: 'PSK', maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' } as const;
    const server = createTlsServer({ ...options, pskCallback: () => psk.psk }, (request, response) => {
      void sendRangeResponse(view, request, response);
    });
    const port = await listening(server);
    const identified = { pskCallback: () => psk, checkServerIdentity: () => undefined };
    const request = askTls({ ...options, ...identified, port, host: '127.0.0.1', agent: false });
    const [response] = (await once(request.end(), 'response')) as [NodeJS.ReadableStream];
    expect(Buffer.compare(await buffer(response), content)).toBe(0);
  });

  it('arrive through HTTP/2', async () => {
    const view = open();
    const server = createServer2((request: Http2ServerRequest, response: Http2ServerResponse) => {
      void sendRangeResponse(view, request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const client = connect2(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    expect(Buffer.compare(await buffer(client.request({ ':path': '/' })), content)).toBe(0);
    client.close();
    server.close();
  });

  it('arrive through middleware that takes over writing, and keeps the pieces', async () => {
    const { port } = await serve(open(), (_, response) => {
      const write = response.write.bind(response);
      const end = response.end.bind(response);
      const setHeader = response.setHeader.bind(response);
      const zip = createGzip({ level: 1 });
      response.setHeader('content-encoding', 'gzip');
      response.setHeader = (name, value) => (name === 'content-length' ? response : setHeader(name, value));
      const listen = response.once.bind(response) as (name: string, listener: () => void) => ServerResponse;
      response.write = (chunk: Uint8Array) => zip.write(chunk);
      response.end = () => {
        zip.end();
        return response;
      };
      Object.assign(response, {
        once: (name: string, listener: () => void) =>
          name === 'drain' ? zip.once(name, listener) : listen(name, listener),
      });
      zip.on('data', (chunk: Buffer) => write(chunk));
      zip.on('end', () => end());
    });
    const zipped = await fetched(port);
    expect(Buffer.compare(gunzipSync(zipped), content)).toBe(0);
  });

  it('leave the event loop its turns, though what takes them over takes everything at once', async () => {
    let written = 0;
    let writtenAtTurn = 0;
    const { port } = await serve(open(), (_, response) => {
      response.write = (chunk: Uint8Array) => {
        if (written === 0) setImmediate(() => (writtenAtTurn = written));
        written += chunk.length;
        return true;
      };
    });
    (await ask(port)).on('error', () => undefined).resume();
    while (written < content.length) await turn();
    expect(writtenAtTurn).toBeLessThan(content.length);
  });

  it('arrive through a stream in place of a socket, which has called back before it hands them on', async () => {
    // Not committed, so that they are copied.
    const view = later(Resource.open(new MemDriver(), { expectedLength: content.length }));
    view.writeAt(0, content);
    const server = createServer1((request, response) => {
      void outcomeOf(sendRangeResponse(view, request, response));
    });
    const [toServer, toClient] = [new PassThrough(), new PassThrough({ highWaterMark: 4 * MIB })];
    server.emit('connection', Duplex.from({ readable: toServer, writable: toClient }));
    toServer.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
    const bytes = await buffer(toClient);
    expect(Buffer.compare(bytes.subarray(bytes.indexOf('\r\n\r\n') + 4), content)).toBe(0);
  });
});

describe('bytes of a resource that is not complete', () => {
  it('are copied into one memory, which is used again', async () => {
    const resource = later(Resource.open(new MemDriver(), { expectedLength: content.length }));
    resource.writeAt(0, content);
    const { server, port } = await serve(resource);
    const handed = once(server, 'connection').then(([socket]) => handedOver(socket as Socket));
    expect(Buffer.compare(await fetched(port), content)).toBe(0);
    const pieces = (await handed).filter(({ length }) => length > 1000);
    expect(pieces.length).toBeLessThan(6);
    expect(new Set(pieces.map((piece) => piece.buffer)).size).toBe(1);
  });
});
