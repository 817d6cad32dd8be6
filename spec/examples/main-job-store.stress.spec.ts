import { existsSync, readdirSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { defaultStorePath } from '../../examples/main-job/store-path.js';
import { askedRanges, HALF_WAY, startHalf, stopHalf } from './half-way.js';
import { FAST, newFolder, newStore, put, run, song, startIn, TIMEOUT } from './main-job-command.js';
import { byteCount, expectOnly, expectOnlyMissing, storedRanges } from './stored-files.js';

describe('the file of the main job', () => {
  it(
    'is removed first with --fresh, complete or partial',
    async () => {
      const to = newStore();
      const server = await stopHalf(to);
      for (const before of ['partial', 'complete']) {
        server.exchanges = [];
        const { code, out } = await run(server.url, '--to', to, '--fresh');
        expect(out).toContain(`storing into ${to}\n`);
        expect(out).not.toMatch(/resuming|earlier run/);
        expect({ before, code }).toEqual({ before, code: 0 });
        expectOnlyMissing([], askedRanges(server), song.length);
        expectOnly(to, song);
      }
    },
    TIMEOUT,
  );

  it(
    'is written by one job at a time: a second one says so and exits with 1, and the first goes on',
    async () => {
      const to = newStore();
      const { server, job } = await startHalf(to);
      for (const options of [[], ['--fresh']]) {
        const { code, out, err } = await run(server.url, '--to', to, ...options);
        expect(err).toContain(`Asked to write ${to}, and another resource does so already`);
        expect(out).not.toContain('MD5');
        expect(code).toBe(1);
      }
      job.child.kill('SIGINT');
      expect(await job.end).toMatchObject({ code: 130 });
      expect(byteCount(storedRanges(to))).toBe(HALF_WAY);
    },
    TIMEOUT,
  );

  it(
    'is in the folder for temporary files, one for each source, if nobody says where',
    async () => {
      const folder = newFolder();
      const { code, out } = await startIn({ ...process.env, TMPDIR: folder }, ...FAST).end;
      expect(code).toBe(0);
      const [, path = ''] = /^storing into (.*)$/m.exec(out) ?? [];
      expect(dirname(path)).toBe(join(folder, 'tidemark'));
      expectOnly(path, song);
    },
    TIMEOUT,
  );

  it.each([
    ['file:///music/song.flac', /^song-[0-9a-f]{10}\.flac$/],
    ['file:///other/song.flac', /^song-[0-9a-f]{10}\.flac$/],
    ['https://host/song.flac?take=2', /^song-[0-9a-f]{10}\.flac$/],
    ['https://host/', /^host-[0-9a-f]{10}$/],
    ['https://host/a%20b%2F..', /^a_20b_2F\.-[0-9a-f]{10}\.$/],
    [`https://host/${'long'.repeat(30)}.flac`, /^[long]+-[0-9a-f]{10}\.flac$/],
  ])('is named after its source: %s', (source, name) => {
    const path = defaultStorePath(new URL(source));
    expect(basename(path)).toMatch(name);
    expect(basename(path).length).toBeLessThan(100);
    expect(defaultStorePath(new URL(source))).toBe(path);
    expect(defaultStorePath(new URL(`${source}x`))).not.toBe(path);
  });

  it(
    'is none with --memory',
    async () => {
      const folder = newFolder();
      const { code, out } = await startIn({ ...process.env, TMPDIR: folder }, '--memory', ...FAST).end;
      expect(out).toContain('The two agree.');
      expect(out).not.toContain('stor');
      expect(code).toBe(0);
      expect(readdirSync(folder)).toEqual([]);
    },
    TIMEOUT,
  );

  it.each([['--to', 'song.flac'], ['--fresh']])(
    'cannot be asked for together with --memory: %s',
    async (...options) => {
      const { code, err } = await run('--memory', ...options);
      expect(err).toContain('--memory goes with neither --to nor --fresh');
      expect(code).toBe(1);
    },
    TIMEOUT,
  );

  it(
    'is never the source itself, which --fresh would remove',
    async () => {
      const file = put('source.flac', song);
      const { code, err } = await run(file, '--to', file, '--fresh');
      expect(err).toContain('is the very file to be downloaded');
      expect(code).toBe(1);
      expect(existsSync(file)).toBe(true);
    },
    TIMEOUT,
  );
});
