import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { afterAll, afterEach } from '@jest/globals';
import { Resource, type ResourceView } from 'tidemark';
import { MmapDriver, sendRangeResponse, type MmapDriverOptions, type MmapResource } from 'tidemark/node';

/** Files and servers that go with the test. */
export const folder = mkdtempSync(join(tmpdir(), 'tidemark-served-'));
const closed = new Set<() => void>();
let files = 0;

afterEach(() => {
  for (const close of closed) close();
  closed.clear();
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What can be used to map files here, and what is used where nothing can. */
export const MAPPINGS = (['mmap-io', 'koffi', 'off'] as const).filter((mapping) => {
  try {
    return new MmapDriver({ path: 'x', mapping }).mapping === mapping;
  } catch {
    return false;
  }
});
export const CAN_COUNT = existsSync('/proc/self/maps');

/** A complete file, opened to be read. */
export function openFile(content: Uint8Array, options: Omit<MmapDriverOptions, 'path'> = {}): MmapResource {
  const path = join(folder, String((files += 1)));
  writeFileSync(path, content);
  return later(Resource.open(new MmapDriver({ path, ...options })));
}

export function later<T extends { close(): unknown }>(opened: T): T {
  closed.add(() => void opened.close());
  return opened;
}

/** How many mappings this process has of a file. */
export function mappingsOf(path: string): number {
  return readFileSync('/proc/self/maps', 'utf8')
    .split('\n')
    .filter((line) => line.includes(path)).length;
}

export interface Served {
  readonly server: Server;
  readonly port: number;
  /** What became of each answer: `sent`, or the code of its error. */
  readonly outcomes: Promise<string>[];
}

export async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closed.add(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

/** A server of a view; `before` sees each request first, as middleware does. */
export async function serve(view: ResourceView, before: RequestListener = () => undefined): Promise<Served> {
  const outcomes: Promise<string>[] = [];
  const server = createServer((request, response) => {
    before(request, response);
    outcomes.push(outcomeOf(sendRangeResponse(view, request, response)));
  });
  return { server, port: await listening(server), outcomes };
}

export async function outcomeOf(sent: Promise<void>): Promise<string> {
  return sent.then(
    () => 'sent',
    (error: unknown) => (error as { code: string }).code,
  );
}

export async function ask(port: number, headers: Record<string, string> = {}): Promise<IncomingMessage> {
  const [response] = (await once(get({ port, host: '127.0.0.1', headers, agent: false }), 'response')) as [
    IncomingMessage,
  ];
  return response;
}

export async function fetched(port: number, headers: Record<string, string> = {}): Promise<Buffer> {
  return buffer(await ask(port, headers));
}

/** Everything that comes before the end, or before the connection is cut. */
export async function untilCut(response: IncomingMessage): Promise<{ bytes: Buffer; cut: boolean }> {
  const pieces: Buffer[] = [];
  response.on('data', (piece: Buffer) => pieces.push(piece)).resume();
  const cut = await once(response, 'end').then(
    () => false,
    () => true,
  );
  return { bytes: Buffer.concat(pieces), cut };
}

/** What the system is given to write, as Node hands it over. */
export function handedOver(socket: Socket): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  interface Handle {
    writeBuffer(request: object, bytes: Uint8Array): number;
    writev(request: object, chunks: readonly (Uint8Array | string)[], allBuffers: boolean): number;
  }
  const handle = (socket as unknown as { _handle: Handle })._handle;
  const writeBuffer = handle.writeBuffer.bind(handle);
  const writev = handle.writev.bind(handle);
  handle.writeBuffer = (request, bytes) => {
    pieces.push(bytes);
    return writeBuffer(request, bytes);
  };
  handle.writev = (request, chunks, allBuffers) => {
    pieces.push(...chunks.filter((chunk) => typeof chunk !== 'string'));
    return writev(request, chunks, allBuffers);
  };
  return pieces;
}
