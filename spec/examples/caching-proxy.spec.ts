import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { md5 } from '../http/fixtures.js';
import { plainRequest } from '../http/plain-client.js';
import { TestServer } from '../http/test-server.js';
import { completeIn, keptIn } from './proxy-command.js';
import { answer, content, expectServes, expectSound, folder, origin, proxy, restart } from './proxied-song.js';

const MIB = 1024 * 1024;

const urlOf = (name = 'song.flac'): string => `${proxy.base}${name}`;

async function byPlainClient(range: string): Promise<Buffer> {
  return (await plainRequest(urlOf(), range)).body;
}

async function byFetch(headers: Record<string, string> = {}): Promise<Buffer> {
  const response = await fetch(urlOf(), { headers });
  return Buffer.from(await response.arrayBuffer());
}

async function byHttp(): Promise<Buffer> {
  const [response] = (await once(get(urlOf()), 'response')) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** What is stored, once all of it is. */
async function stored(): Promise<Buffer> {
  while (completeIn(folder).length === 0) await delay(20);
  const name = keptIn(folder).find((each) => /~[0-9a-f]{32}$/.test(each)) ?? '';
  return readFileSync(join(folder, name));
}

/** Once a part of the song would survive a crash. */
async function untilResumable(): Promise<void> {
  while (!readdirSync(folder).some((name) => name.endsWith('.part.coverage'))) await delay(20);
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
    const [playing] = (await once(get(urlOf()), 'response')) as [IncomingMessage];
    await once(playing, 'data');
    playing.destroy();
    expect(Buffer.compare(await byPlainClient('2900000-2900999'), content.subarray(2_900_000, 2_901_000))).toBe(0);
    expect(origin.sent).toBeLessThan(content.length / 2);
    expect(origin.asked.at(-1)?.start).toBe(2_900_000);
    origin.bytesPerSecond = Infinity;
    expect(md5(await byFetch())).toBe(md5(content));
  });

  it('says of what type the content is, as the origin does, also after a restart', async () => {
    origin.manners = { headers: { 'content-type': 'audio/flac' } };
    await expectServes('song.flac');
    await restart('SIGINT');
    const { length } = origin.exchanges;
    const response = await fetch(urlOf());
    await response.body?.cancel();
    expect(response.headers.get('content-type')).toBe('audio/flac');
    expect(origin.exchanges).toHaveLength(length);
  });

  it('goes on after it was killed, though nobody asks: requests only what is missing', async () => {
    origin.bytesPerSecond = 1_000_000;
    const cut = byFetch().catch((error: unknown) => (error as Error).message);
    await untilResumable();
    await proxy.stop('SIGKILL');
    expect(await cut).toBe('terminated');
    await origin.quiet();

    origin.exchanges = [];
    origin.bytesPerSecond = Infinity;
    await restart('SIGKILL');
    expect(Buffer.compare(await stored(), content)).toBe(0);
    expect(origin.asked[0]?.start).toBeGreaterThan(0);
    expect(origin.sent).toBeLessThan(content.length);
    origin.exchanges = [];
    await expectServes('song.flac');
    expect(origin.exchanges).toEqual([]);
  });

  it('keeps to its quota: what was asked for longest ago goes', async () => {
    await restart('SIGINT', { megabytes: 7 });
    for (const name of ['one', 'two', 'one', 'three']) await expectServes(name);
    while (!completeIn(folder).includes('three')) await delay(5);
    expect(completeIn(folder)).toEqual(['one', 'three']);
    await expectSound();
  });

  it('passes on what the origin refuses with, and asks again when it is asked again', async () => {
    origin.handle = (exchange) => origin.serve(exchange, { status: 404, body: Buffer.from('no such song') });
    const { status, text } = await answer('song.flac');
    expect(status).toBe(404);
    expect(text).toContain('the server answered 404');
    origin.handle = (exchange) => origin.serve(exchange);
    expect(md5(await byFetch())).toBe(md5(content));
  });

  it('asks no other server, whatever the path looks like', async () => {
    const other = await TestServer.start(content);
    await fetch(`${proxy.base}.//${new URL(other.origin).host}/secret`);
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
    expect(await proxy.stop('SIGINT')).toBe(0);
    expect(await cut).toBe('terminated');
  });
});
