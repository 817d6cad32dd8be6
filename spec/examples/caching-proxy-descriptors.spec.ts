import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { expectServes, expectSound, origin, proxy, restart } from './proxied-song.js';

const DESCRIPTORS = 128;

function connectToProxy(): Socket {
  const { hostname, port } = new URL(proxy.base);
  return connect(Number(port), hostname).on('error', () => undefined);
}

/** The first line of the answer to a request. */
async function ask(client: Socket, name: string): Promise<string | undefined> {
  client.write(`GET /${name} HTTP/1.1\r\nhost: proxy\r\n\r\n`);
  const [data] = (await once(client, 'data')) as [Buffer];
  return data.toString('latin1').split('\r\n')[0];
}

describe('the caching proxy, when it may open nothing more', () => {
  it('answers 500, and serves as soon as it may open something again', async () => {
    await restart('SIGINT', { descriptors: DESCRIPTORS });
    const client = connectToProxy();
    await once(client, 'connect');
    let refused = 0;
    const idle = Array.from({ length: 2 * DESCRIPTORS }, () => connectToProxy().on('close', () => (refused += 1)));
    while (refused === 0) await delay(5);
    expect(await ask(client, 'song.flac')).toBe('HTTP/1.1 500 Internal Server Error');
    expect(origin.exchanges).toEqual([]);

    for (const socket of [...idle, client]) socket.destroy();
    while (proxy.descriptors > DESCRIPTORS / 2) await delay(5);
    await expectServes('song.flac');
    await expectSound();
  });
});
