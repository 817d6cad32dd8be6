import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { from, lastValueFrom, mergeMap, range } from 'rxjs';
import { attachReader, Resource, type ResourceView } from 'tidemark';
import { MmapDriver, sendRangeResponse } from 'tidemark/node';
import { CountedView } from '../http/serve/counted-view.js';
import { makeContent, newResource } from '../http/fixtures.js';
import { demandsOf, untilNothingDemanded } from '../support/demands-of.js';

const AT_ONCE = 20;
/** What a player takes before it jumps elsewhere, in bytes. */
const TAKEN = 65_536;

const content = makeContent(2_000_000);
/** How much of it is there. */
const THERE = 1_000_000;

type Serve = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * What clients have left behind that all were served from one resource, of which one half is
 * missing.
 */
export async function leftOnView(clients: number): Promise<object> {
  const resource = halfThere();
  const view = new CountedView(resource);
  await visits(clients, THERE, (request, response) => sendRangeResponse(view, request, response));
  await untilNothingDemanded(resource);
  return { waits: view.waits, subscriptions: view.subscriptions, demands: demandsOf(resource).length };
}

/** The same where each was served from a reader of its own, with `close`. */
export async function leftOfReaders(clients: number): Promise<object> {
  const resource = halfThere();
  const readers: ResourceView[] = [];
  await visits(clients, THERE, (request, response) => {
    const reader = attachReader(resource.createPort().handle);
    readers.push(reader);
    return sendRangeResponse(reader, request, response, { close: true });
  });
  expect(readers.length).toBe(clients);
  await untilNothingDemanded(resource);
  const open = readers.filter(({ status }) => status.state !== 'closed');
  return { readers: open.length, demands: demandsOf(resource).length };
}

/**
 * The descriptors left where each was served from a complete file that was opened for it, with
 * `close`.
 */
export async function leftOfFiles(clients: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'tidemark-clients-'));
  try {
    const path = join(folder, 'song.flac');
    writeFileSync(path, content);
    await visits(clients, content.length, (request, response) => {
      const resource = Resource.open(new MmapDriver({ path, mode: 'read-only' }));
      return sendRangeResponse(resource, request, response, { close: true });
    });
    return descriptorsOf(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function halfThere(): Resource {
  const resource = newResource();
  resource.expectedLength = content.length;
  resource.writeAt(0, content.subarray(0, THERE));
  return resource;
}

/** Returns when every answer has ended, and every socket of the server is closed. */
async function visits(clients: number, there: number, serve: Serve): Promise<void> {
  const answers: Promise<void>[] = [];
  const server = createServer((request, response) => {
    answers.push(serve(request, response));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const firsts$ = range(0, clients).pipe(
    mergeMap((n) => from(visit(port, (n * 245_489) % content.length, there)), AT_ONCE),
  );
  await lastValueFrom(firsts$);
  await Promise.all(answers);
  expect(answers.length).toBe(clients);
  // Not closeAllConnections(): a socket that stays open keeps it from closing.
  server.close();
  await once(server, 'close');
}

/** Asks for all that is behind a byte, and leaves with the first 64 KiB or as many as there are. */
async function visit(port: number, first: number, there: number): Promise<void> {
  const client = get({ port, host: '127.0.0.1', headers: { range: `bytes=${first}-` }, agent: false });
  client.on('error', () => undefined);
  const [response] = (await once(client, 'response')) as [IncomingMessage];
  expect(response.statusCode).toBe(206);
  response.on('error', () => undefined);
  const enough = Math.max(0, Math.min(TAKEN, there - first));
  for (let taken = 0; taken < enough;) {
    const [piece] = (await once(response, 'data')) as [Buffer];
    taken += piece.length;
  }
  client.destroy();
  await once(client, 'close');
}

/** Those of this process that lead to `path`; none where the platform does not tell. */
function descriptorsOf(path: string): string[] {
  if (process.platform !== 'linux') return [];
  const folder = '/proc/self/fd';
  const targets = readdirSync(folder).map((name) => {
    try {
      return readlinkSync(join(folder, name));
    } catch {
      // The one that lists them is closed by now.
      return '';
    }
  });
  return targets.filter((target) => target.startsWith(path));
}
