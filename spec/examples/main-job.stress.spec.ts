import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { FAST, put, reported, run, SONG, SONG_MD5, TIMEOUT } from './main-job-command.js';
import { encodeStereo, STREAMINFO_MD5 } from './stereo-flac.js';
import { serve, servers } from './serve-song.js';

describe('the main job', () => {
  it.each(['0', '12.2'])(
    'seeks to second %s even if the download is over before the decoder ever blocks',
    async (second) => {
      const { code, out } = await run('--seek', second, '--rate', '100000000');
      expect(out).toContain('seek: samples from');
      expect(reported(out, 'MD5 decoded')).toBe(SONG_MD5);
      expect(code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'refuses to seek past the end',
    async () => {
      const { code, err } = await run('--seek', '13', ...FAST);
      expect(err).toContain('the music is 12.27 s long');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it.each([8, 16, 24])(
    'decodes stereo of %i bits',
    async (bits) => {
      const { code, out } = await run(put(`stereo-${bits}.flac`, await encodeStereo(bits)), ...FAST);
      expect(out).toContain('The two agree.');
      expect(code).toBe(0);
    },
    TIMEOUT,
  );
});

describe('the main job, exiting with 1', () => {
  it(
    'tells how many samples a truncated file lacks',
    async () => {
      const { code, out } = await run(put('truncated.flac', readFileSync(SONG).subarray(0, 200_000)), ...FAST);
      expect(reported(out, 'missing')).toMatch(/^\d+ samples$/);
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'tells that a header without MD5 leaves nothing to compare with',
    async () => {
      const song = readFileSync(SONG).fill(0, STREAMINFO_MD5.start, STREAMINFO_MD5.end);
      const { code, out } = await run(put('no-md5.flac', song), ...FAST);
      expect(out).toContain('The header carries no MD5');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it.each([
    ['text', 'This is a text. '.repeat(10_000), 'it begins with "This"'],
    ['an empty file', '', 'it is empty'],
    ['a header that breaks off', readFileSync(SONG).subarray(0, 30), 'it ends after 30 bytes'],
    ['nothing but the magic', 'fLaC'.padEnd(10_000, 'x'), 'Not a FLAC stream'],
  ])(
    'tells that %s is not FLAC',
    async (name, content, message) => {
      const { code, err } = await run(put(`${name}.flac`, content), ...FAST);
      expect(err).toContain(message);
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it.each([
    ['a file that does not exist', ['no/such.flac'], 'no/such.flac'],
    ['a folder', ['.'], 'Not a file'],
    ['two files', ['a.flac', 'b.flac'], 'One file or URL at a time'],
    ['an option it does not know', ['--sek', '3'], "Unknown option '--sek'"],
    ['a rate that is no number', ['--rate', 'fast'], '--rate: "fast" is not a number'],
    ['a rate of nothing', ['--rate', '0'], '--rate: nothing ever arrives'],
  ])(
    'tells what is wrong with %s',
    async (_, args, message) => {
      const { code, out, err } = await run(...args);
      expect(err).toContain(message);
      expect(out).not.toContain('MD5');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );
});

describe('the main job, from a URL', () => {
  it(
    'makes do with a server that does not even tell the length',
    async () => {
      const song = readFileSync(SONG);
      const url = await serve((_, response) => {
        response.writeHead(200); // chunked
        response.write(song.subarray(0, 100_000));
        response.end(song.subarray(100_000));
      });
      const { code, out } = await run(url, '--seek', '5');
      expect(out).toContain('The two agree.');
      expect(code).toBe(0);
    },
    TIMEOUT,
  );

  it(
    'tells that nobody answers',
    async () => {
      const url = await serve(() => undefined);
      for (const server of servers) server.close();
      const { code, err } = await run(url);
      expect(err).toContain('ECONNREFUSED');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'tells the HTTP status that ended it',
    async () => {
      const url = await serve((_, response) => response.writeHead(404).end('Nothing here.'));
      const { code, err } = await run(url);
      expect(err).toContain(`GET ${url}: the server answered 404 Not Found.`);
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'ends, though the decoder is blocked, when a later request fails',
    async () => {
      const song = readFileSync(SONG);
      const url = await serve((request, response) => {
        if (!(request.headers.range ?? '').startsWith('bytes=0-')) return response.writeHead(503).end();
        const end = 32_768;
        response.writeHead(206, { 'content-range': `bytes 0-${end - 1}/${song.length}`, 'content-length': end });
        return response.end(song.subarray(0, end));
      });
      const { code, err } = await run(url);
      expect(err).toContain('the server answered 503');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'does not take a body that stops short for the end',
    async () => {
      const url = await serve((_, response) => {
        response.writeHead(200, { 'content-length': 484_385 });
        response.write(readFileSync(SONG).subarray(0, 100_000), () => response.destroy());
      });
      const { code, err } = await run(url);
      expect(err).not.toBe('');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );
});
