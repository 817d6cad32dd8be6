import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { md5 } from '../http/fixtures.js';
import { completeIn, keptIn, RunningProxy } from './proxy-command.js';
import { answer, content, expectServes, expectSound, folder, origin, proxy } from './proxied-song.js';

/** What may go wrong around the caching proxy. Nothing of it ends the process. */

const OK = 'HTTP/1.1 200 OK';

describe('the caching proxy, when asked for something odd', () => {
  it('asks its own origin, for the path that was asked for', async () => {
    origin.content = Buffer.from('of the origin');
    const paths = {
      '//': '//',
      '///': '///',
      '//host/song': '//host/song',
      '/..//up': '//up',
      '/%': '/%',
      '/a?': '/a',
      '/\\\\host/': '///host/',
      '/b#c': '/b',
      'http://127.0.0.1:1/song?x': '/song?x',
    };
    for (const [target, path] of Object.entries(paths)) {
      origin.exchanges = [];
      const answer = await proxy.ask(target);
      expect([target, answer.split('\r\n')[0], answer.split('\n').at(-1)]).toEqual([target, OK, 'of the origin']);
      const asked = origin.exchanges.map(({ request }) => request.url);
      expect([target, asked]).toEqual([target, [path]]);
    }
    await expectSound();
  });

  it('refuses with 400 what has no path', async () => {
    for (const target of ['*', 'http://', 'http:99999999/', 'song.flac']) {
      expect([target, (await proxy.ask(target)).split(' ')[1]]).toEqual([target, '400']);
    }
    expect(origin.exchanges).toEqual([]);
    await expectSound();
  });
});

describe('the caching proxy, when the origin is not as it should be', () => {
  it('answers 502 for a part that is not the one it has asked for', async () => {
    origin.manners = { headers: { 'content-range': 'bytes 7-9/10' } };
    const { status, text } = await answer('song.flac');
    expect([status, text]).toEqual([502, '/song.flac: the server does not send it\n']);
    origin.manners = {};
    await expectServes('song.flac');
    await expectSound();
  });

  it('passes on the status of a refusal, and keeps nothing of it', async () => {
    origin.handle = (exchange) => origin.serve(exchange, { status: 451, body: Buffer.from('no') });
    expect(await answer('a')).toEqual({
      status: 451,
      text: '/a: the server answered 451 Unavailable For Legal Reasons\n',
    });
    expect(keptIn(folder)).toEqual([]);
    await expectSound();
  });

  it('answers 502 when nobody is there', async () => {
    origin.close();
    expect(await answer('song.flac')).toEqual({ status: 502, text: '/song.flac: the server does not send it\n' });
    await expectSound();
  });

  it('survives clients that leave before there is an answer, and after', async () => {
    origin.latency = 300;
    const early = get(`${proxy.base}refused`).on('error', () => undefined);
    while (origin.exchanges.length === 0) await delay(5);
    early.destroy();
    origin.handle = (exchange) => origin.serve(exchange, { status: 404 });
    await origin.quiet();

    origin.latency = 0;
    origin.handle = (exchange) => origin.serve(exchange, { cutAfter: 100_000 });
    const [late] = (await once(get(`${proxy.base}cut`), 'response')) as [IncomingMessage];
    late.destroy();
    origin.close();
    while (!proxy.err.includes('/cut: the connection failed')) await delay(5);
    await expectSound();
  });
});

describe('the caching proxy and its files', () => {
  it('closes each when it is complete and no client reads it, also where the client has left', async () => {
    await expectServes('whole');
    const [left] = (await once(get(`${proxy.base}left`), 'response')) as [IncomingMessage];
    left.destroy();
    await answer('whole');
    while (proxy.holds(folder).length > 0) await delay(5);
    expect(completeIn(folder)).toEqual(['left', 'whole']);
    const { length } = origin.exchanges;
    await expectServes('left');
    expect(origin.exchanges).toHaveLength(length);
    while (proxy.holds(folder).length > 0) await delay(5);
    await expectSound();
  });

  it('closes those that the origin refuses', async () => {
    origin.handle = (exchange) => origin.serve(exchange, { status: 404 });
    for (const name of ['a', 'b', 'c']) expect((await answer(name)).status).toBe(404);
    while (proxy.holds(folder).length > 0) await delay(5);
    expect(keptIn(folder)).toEqual([]);
    await expectSound();
  });

  it('keeps one open that a client reads, when the download is over', async () => {
    const [response] = (await once(get(`${proxy.base}song.flac`), 'response')) as [IncomingMessage];
    response.pause();
    while (completeIn(folder).length === 0) await delay(5);
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    expect(md5(Buffer.concat(chunks))).toBe(md5(content));
    while (proxy.holds(folder).length > 0) await delay(5);
    await expectSound();
  });

  it('are its own: another process does not start on them, and says why', async () => {
    const other = await RunningProxy.start(origin.origin, folder);
    expect(await other.stop('SIGINT')).toBe(1);
    expect(other.err).toContain(`open a store in ${folder}, and another one has the folder`);
    await expectServes('song.flac');
    await expectSound();
  });
});
