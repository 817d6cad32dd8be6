import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type RequestListener, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import lena from 'audio-lena';
import { MemDriver, Resource } from 'tidemark';
import { coverageBar, markBelow } from '../../examples/main-job/coverage-bar.js';
import { FAST, put, reported, run, SONG, SONG_MD5, start, TIMEOUT } from './main-job-command.js';
import { encodeStereo, STREAMINFO_MD5 } from './stereo-flac.js';

const servers = new Set<Server>();

afterEach(() => {
  for (const server of servers) {
    server.close();
    server.closeAllConnections();
  }
  servers.clear();
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  servers.add(server);
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/song.flac`;
}

describe('the main job', () => {
  it(
    'decodes the song while it is downloaded out of order, in plain lines, and exits 0 because the MD5s agree',
    async () => {
      const { code, out, err } = await run();
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(reported(out, 'MD5 decoded')).toBe(SONG_MD5);
      expect(reported(out, 'MD5 in header')).toBe(SONG_MD5);

      const firstSamples = parseFloat(reported(out, 'first samples') ?? 'never');
      const downloadEnded = parseFloat(reported(out, 'download ended') ?? 'never');
      expect(firstSamples).toBeLessThan(downloadEnded);
      expect(out.indexOf('first samples out')).toBeLessThan(out.indexOf('download ended after'));

      const pictures = out.split('\n').filter((line) => line.startsWith('['));
      expect(pictures.some((line) => /█[░▒▓]*·+[░▒▓]*█.* in [2-9] ranges/.test(line))).toBe(true); // a gap
      expect(pictures.some((line) => line.includes('waits for byte'))).toBe(true);
      expect(out).not.toContain('\x1b');
    },
    TIMEOUT,
  );

  it(
    'seeks: the blocked decoder goes on elsewhere long before the bytes in between are there, and all ends well',
    async () => {
      const { code, out, err } = await run('--seek', '8');
      expect({ code, err }).toEqual({ code: 0, err: '' });
      const steps = [
        'first samples out',
        'seek: decoder interrupted',
        'seek: samples from',
        'download ended after',
        'MD5 decoded',
      ].map((step) => out.indexOf(step));
      expect(steps).not.toContain(-1);
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      expect(out).toContain('seek: played to the end');
      const target = 8 * lena.sampleRate;
      expect(out).toContain(`goes to sample ${target}`);
      const landed = Number(/samples from (\d+) on/.exec(out)?.[1]);
      expect(landed).toBeLessThanOrEqual(target);
      expect(landed).toBeGreaterThan(target - 4096); // in the very frame
      // Downloaded in order, these samples would have taken two thirds of the file.
      const covered = Number(/samples from[^]*?\] (\d+)%/.exec(out)?.[1]);
      expect(covered).toBeLessThan(50);
      expect(reported(out, 'MD5 decoded')).toBe(SONG_MD5);
    },
    TIMEOUT,
  );

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

  it(
    'stops on Ctrl-C, though the decoder is blocked',
    async () => {
      const { child, printed, end } = start('--rate', '20000');
      await printed('waits for byte');
      child.kill('SIGINT');
      const { code, signal, out } = await end;
      expect({ code, signal }).toEqual({ code: 130, signal: null });
      expect(out).not.toContain('MD5');
    },
    TIMEOUT,
  );

  it(
    'prints its usage',
    async () => {
      const { code, out } = await run('--help');
      expect(out).toContain('Usage: npm start -- [FILE-OR-URL] [--rate BYTES_PER_SECOND] [--seek SECONDS]');
      expect(code).toBe(0);
    },
    TIMEOUT,
  );
});

describe('the main job, exiting with 1', () => {
  it(
    'tells that a flipped bit in the audio makes the MD5s differ',
    async () => {
      const song = readFileSync(SONG);
      song.writeUInt8(song.readUInt8(200_000) ^ 0x10, 200_000);
      const { code, out } = await run(put('corrupt.flac', song), ...FAST);
      expect(reported(out, 'damaged frames')).toBe('1');
      expect(reported(out, 'MD5 decoded')).not.toBe(SONG_MD5);
      expect(out).toContain('The two differ');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

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
    'makes do with a server that knows no ranges',
    async () => {
      const song = readFileSync(SONG);
      let requests = 0;
      const url = await serve((_, response) => {
        requests++;
        response.writeHead(200, { 'content-length': song.length }).end(song);
      });
      const { code, out } = await run(url);
      expect(out).toContain('The two agree.');
      expect({ code, requests }).toEqual({ code: 0, requests: 1 });
    },
    TIMEOUT,
  );

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

describe('the bar', () => {
  it('shows all, some and nothing of each part, and marks the part that a byte is in', () => {
    const resource = Resource.open(new MemDriver());
    resource.writeAt(0, new Uint8Array(21));
    resource.writeAt(40, new Uint8Array(19));
    const { coverage } = resource;
    expect(coverageBar(coverage, 80, 8)).toBe('██░·█▓··');
    expect(markBelow(21, 80, 8)).toBe('  ▲');
    expect(markBelow(80, 80, 8)).toBe('       ▲');
    expect(coverageBar(coverage, 2, 4)).toBe('████'); // fewer bytes than cells
    expect(coverageBar(coverage, 0, 3)).toBe('···'); // length not known
    resource.close();
  });
});
