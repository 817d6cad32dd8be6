import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { makeContent, md5 } from '../http/fixtures.js';
import { plainRequest } from '../http/plain-client.js';
import { TestServer } from '../http/test-server.js';
import { untilResumable } from './stored-files.js';

const content = makeContent(3_000_000);
const MIB = 1024 * 1024;

let folder: string;
let origin: TestServer;
let proxy: ChildProcess;
let url: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tidemark-proxy-'));
  origin = await TestServer.start(content, '"v1"');
  await start();
});

afterEach(async () => {
  await stop('SIGKILL');
  rmSync(folder, { recursive: true });
});

async function start(): Promise<void> {
  const command = ['examples/caching-proxy/main.js', origin.origin, folder, '0'];
  proxy = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(proxy.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  const [base = ''] = /^http:\S+/.exec(line.toString()) ?? [];
  url = `${base}song.flac`;
}

async function stop(signal: NodeJS.Signals): Promise<number | null> {
  if (proxy.exitCode !== null || proxy.signalCode !== null) return proxy.exitCode;
  proxy.kill(signal);
  const [code] = (await once(proxy, 'close')) as [number | null];
  return code;
}

async function byPlainClient(range: string): Promise<Buffer> {
  return (await plainRequest(url, range)).body;
}

async function byFetch(headers: Record<string, string> = {}): Promise<Buffer> {
  const response = await fetch(url, { headers });
  return Buffer.from(await response.arrayBuffer());
}

async function byHttp(): Promise<Buffer> {
  const [response] = (await once(get(url), 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What is stored under its own name, once there is one file and nothing else. */
async function stored(): Promise<Buffer> {
  for (;;) {
    const [name = '', ...others] = readdirSync(folder);
    if (others.length === 0 && name.endsWith('.flac')) return readFileSync(join(folder, name));
    await delay(20);
  }
}

describe('the caching proxy', () => {
  it('serves many clients from one download: no byte is fetched twice', async () => {
    origin.bytesPerSecond = 6_000_000;
    const [whole, part, end, plain] = await Promise.all([
      byFetch(),
      byPlainClient('1000-1999'),
      byFetch({ range: 'bytes=-5' }),
      byHttp(),
    ]);
    expect([md5(whole), md5(plain)]).toEqual([md5(content), md5(content)]);
    expect(Buffer.compare(part, content.subarray(1000, 2000))).toBe(0);
    expect(Buffer.compare(end, content.subarray(-5))).toBe(0);
    // What a request that was given up had under way was sent in vain.
    expect(origin.sent).toBeLessThan(content.length + MIB);
    expect(Buffer.compare(await stored(), content)).toBe(0);
    const requests = origin.exchanges.length;
    expect(md5(await byFetch())).toBe(md5(content));
    expect(origin.exchanges).toHaveLength(requests);
  });

  it('brings first what a client seeks, and survives a client that goes', async () => {
    origin.bytesPerSecond = 500_000;
    const [playing] = (await once(get(url), 'response')) as [IncomingMessage];
    await once(playing, 'data');
    playing.destroy();
    expect(Buffer.compare(await byPlainClient('2900000-2900999'), content.subarray(2_900_000, 2_901_000))).toBe(0);
    expect(origin.sent).toBeLessThan(content.length / 2);
    expect(origin.asked.at(-1)?.start).toBe(2_900_000);
    origin.bytesPerSecond = Infinity;
    expect(md5(await byFetch())).toBe(md5(content));
  });

  it('goes on after it was killed: asks only for what is missing', async () => {
    origin.bytesPerSecond = 1_000_000;
    const cut = byFetch().catch((error: unknown) => (error as Error).message);
    while (readdirSync(folder).length < 2) await delay(10);
    const [name = ''] = readdirSync(folder);
    await untilResumable(join(folder, name.replace(/\.(part|lock).*$/, '')));
    await stop('SIGKILL');
    expect(await cut).toBe('terminated');
    await origin.quiet();

    origin.exchanges = [];
    origin.bytesPerSecond = Infinity;
    await start();
    expect(md5(await byFetch())).toBe(md5(content));
    expect(origin.asked[0]?.start).toBeGreaterThan(0);
    expect(origin.sent).toBeLessThan(content.length);
  });

  it('passes on what the origin refuses with, and asks again when it is asked again', async () => {
    origin.handle = (exchange) => origin.serve(exchange, { status: 404, body: Buffer.from('no such song') });
    const response = await fetch(url);
    expect(response.status).toBe(404);
    expect(await response.text()).toContain('the server answered 404');
    origin.handle = (exchange) => origin.serve(exchange);
    expect(md5(await byFetch())).toBe(md5(content));
  });

  it('asks no other server, whatever the path looks like', async () => {
    const other = await TestServer.start(content);
    await fetch(`${new URL(url).origin}/.//${new URL(other.origin).host}/secret`);
    expect(other.exchanges).toEqual([]);
    expect(origin.exchanges.length).toBeGreaterThan(0);
  });

  it('starts over when the content has changed', async () => {
    origin.bytesPerSecond = 1_000_000;
    const cut = byFetch().catch((error: unknown) => (error as Error).message);
    while (origin.sent < 200_000) await delay(5);
    origin.content = Buffer.alloc(500_000, 'new');
    origin.etag = '"v2"';
    await cut;
    origin.bytesPerSecond = Infinity;
    expect(md5(await byFetch())).toBe(md5(origin.content));
  });

  it('stops on Ctrl-C', async () => {
    origin.bytesPerSecond = 100_000;
    const cut = byFetch().catch((error: unknown) => (error as Error).message);
    while (origin.sent < 50_000) await delay(5);
    expect(await stop('SIGINT')).toBe(0);
    expect(await cut).toBe('terminated');
  });
});
