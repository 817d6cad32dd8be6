import { readdirSync, utimesSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { type Manners, TestServer } from '../http/test-server.js';
import { BLOCKED, FAST, newStore, put, run, song, start, TIMEOUT } from './main-job-command.js';
import { byteCount, expectOnly, storePartial } from './stored-files.js';

describe('the main job, when the content has changed since it was stopped', () => {
  // If any of it got into the new file, or to the decoder, it would show.
  const old = Buffer.alloc(600_000, 'x');
  const some = [
    { start: 0, end: 100_000 },
    { start: 150_000, end: 200_000 },
  ];
  const sameLength = song.length;

  it.each([
    ['another ETag', { identity: '"1"', expectedLength: sameLength }, '"2"', some],
    ['another weak ETag', { identity: 'W/"1"', expectedLength: sameLength }, 'W/"2"', some],
    ['no ETag any more', { identity: '"1"', expectedLength: sameLength }, undefined, some],
    ['an ETag where there was none', { expectedLength: sameLength }, '"2"', some],
    ['another length', { expectedLength: 600_000 }, undefined, some],
    ['a length below the first gap', { expectedLength: 600_000 }, undefined, [{ start: 0, end: 500_000 }]],
    ['a length where nothing was known', {}, undefined, some],
    [
      'still nothing that could be compared',
      {},
      undefined,
      some,
      { ignoresRange: true, headers: { 'content-length': undefined } },
    ],
  ])(
    'discards what is there, says so and starts again: %s',
    async (_, version, etag, ranges, manners: Manners = {}) => {
      const to = newStore();
      storePartial(to, old, ranges, version);
      const server = await TestServer.start(song, etag);
      server.manners = manners;
      const { code, out, err } = await run(server.url, '--to', to);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`resuming: ${byteCount(ranges)}`);
      const isNamed = ((version as { identity?: string }).identity ?? '').startsWith('"');
      const why = isNamed ? `GET ${server.url}: the content has changed.` : 'Whether the bytes that are stored of ';
      expect(out).toContain(`starting again with nothing. ${why}`);
      expect(out.indexOf('starting again')).toBeLessThan(out.indexOf('first samples out'));
      expect(out).toContain('The two agree.');
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'notices it when the server sends a part of the new content, with no If-Range to keep it from that',
    async () => {
      const to = newStore();
      storePartial(to, old, some, { identity: '"1"', expectedLength: sameLength });
      const server = await TestServer.start(song, '"2"');
      const { code, out } = await run(server.url, '--to', to);
      const [first] = server.exchanges;
      expect(first).toMatchObject({ asked: { start: 100_000, end: 150_000 }, status: 206 });
      expect(first?.request.headers['if-range']).toBeUndefined();
      expect(out).toContain(`of ${sameLength} bytes, ETag "1", the server has ${sameLength} bytes, ETag "2" now.`);
      expect(code).toBe(0);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'does not wait for the end of an answer that it has no use for',
    async () => {
      const to = newStore();
      storePartial(to, old, some, { identity: '"1"', expectedLength: sameLength });
      const server = await TestServer.start(song, '"2"');
      server.handle = (exchange) => server.serve(exchange, exchange.number === 0 ? { stallAfter: 1000 } : {});
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain('starting again');
      expect(code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'decodes nothing of what is there before the server has confirmed it',
    async () => {
      const to = newStore();
      storePartial(to, old, some, { identity: '"1"', expectedLength: sameLength });
      const server = await TestServer.start(song, '"2"');
      const job = start(server.url, '--to', to);
      // Time enough for a decoder to find that this is no FLAC, which would end the job.
      const answering = Promise.race([job.end, delay(3000)]);
      server.handle = async (exchange) => {
        await answering;
        await server.serve(exchange);
      };
      const { code, err } = await job.end;
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
    TIMEOUT,
  );

  it(
    'gives up, and keeps nothing, if it changes all the time',
    async () => {
      const to = newStore();
      const server = await TestServer.start(song);
      server.manners = { longestPart: 32_768 };
      server.handle = (exchange) => {
        server.etag = `"${exchange.number}"`;
        return server.serve(exchange, server.manners);
      };
      const { code, out, err } = await run(server.url, '--to', to);
      expect(out.match(/starting again/g)).toHaveLength(1);
      expect(err).toMatch(/of 484385 bytes, ETag "\d+", the server has 484385 bytes, ETag "\d+" now\./);
      expect(code).toBe(1);
      expect(readdirSync(dirname(to))).toEqual([]);
    },
    TIMEOUT,
  );

  it(
    'notices it of a file on this machine that was written anew',
    async () => {
      const to = newStore();
      const file = put('written-anew.flac', song);
      const { child, printed, end } = start(file, '--to', to, '--rate', '20000');
      await printed(BLOCKED);
      child.kill('SIGINT');
      await end;
      utimesSync(file, new Date(), new Date());
      const { code, out } = await run(file, '--to', to, ...FAST);
      expect(out).toContain('the content has changed. What is stored is of ');
      expect(code).toBe(0);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'goes on with a server that sends everything each time, as long as it is the same',
    async () => {
      const to = newStore();
      storePartial(to, song, some, { identity: '"1"', expectedLength: sameLength });
      const server = await TestServer.start(song, '"1"');
      server.manners = { ignoresRange: true };
      const { code, out } = await run(server.url, '--to', to);
      expect(out).not.toContain('starting again');
      expect(out).toContain('The two agree.');
      expect({ code, requests: server.exchanges.length }).toEqual({ code: 0, requests: 1 });
      expectOnly(to, song);
    },
    TIMEOUT,
  );
});
