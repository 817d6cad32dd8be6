import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import lena from 'audio-lena';
import { MemDriver, Resource } from 'tidemark';
import { coverageBar, markBelow } from '../../examples/main-job/coverage-bar.js';
import { FAST, put, reported, run, SONG, SONG_MD5, start, TIMEOUT } from './main-job-command.js';
import { serve } from './serve-song.js';

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
      // A gap.
      expect(pictures.some((line) => /█[░▒▓]*·+[░▒▓]*█.* in [2-9] ranges/.test(line))).toBe(true);
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
