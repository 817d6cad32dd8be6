import { existsSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import type { ByteRange } from 'tidemark';
import { defaultStorePath } from '../../examples/main-job/store-path.js';
import { ContentServer } from './content-server.js';
import { FAST, newFolder, newStore, put, reported, run, SONG, SONG_MD5 } from './main-job-command.js';
import { start, startIn, TIMEOUT } from './main-job-command.js';
import { byteCount, expectOnly, expectPartition, storedRanges, storePartial, untilResumable } from './stored-files.js';

const song = readFileSync(SONG);
const BLOCKED = /waits for byte [1-9]/; // so some bytes are there
/** Just as many bytes as make it print 41%; ends in the middle of a request, far from either end. */
const HALF_WAY = Math.ceil(song.length * 0.41);
const AT_HALF_WAY = /41% in .*, waits for byte [1-9]/;

/** A server that stalls half-way, and a job that has got all of that and waits for more. */
async function startHalf(to: string) {
  const server = await ContentServer.start(song, '"1"');
  server.budget = HALF_WAY;
  const job = start(server.url, '--to', to);
  await job.printed(AT_HALF_WAY);
  return { server, job };
}

/** The same, stopped by Ctrl-C; from then on the server sends all that is asked for. */
async function stopHalf(to: string): Promise<ContentServer> {
  const { server, job } = await startHalf(to);
  job.child.kill('SIGINT');
  expect(await job.end).toMatchObject({ code: 130, signal: null });
  server.budget = Infinity;
  server.log = [];
  return server;
}

function askedRanges(server: ContentServer): ByteRange[] {
  return server.log.map(({ asked }) => asked ?? { start: 0, end: Infinity });
}

describe('the main job, stopped half-way and started again', () => {
  it(
    'goes on after kill -9: asks for the gaps and for no other byte, and ends with the whole file and nothing else',
    async () => {
      const to = newStore();
      const { server, job } = await startHalf(to);
      await untilResumable(to);
      job.child.kill('SIGKILL');
      expect(await job.end).toMatchObject({ signal: 'SIGKILL' });
      const stored = storedRanges(to);
      expect(byteCount(stored)).toBeGreaterThan(0);
      expect(existsSync(to)).toBe(false);

      server.budget = Infinity;
      server.log = [];
      const { code, out, err } = await run(server.url, '--to', to);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`storing into ${to}\n`);
      expect(out).toContain(`resuming: ${byteCount(stored)} of ${song.length} bytes are there from an earlier run`);
      expect(reported(out, 'MD5 decoded')).toBe(SONG_MD5);
      expect(reported(out, 'MD5 in header')).toBe(SONG_MD5);
      expectPartition([...stored, ...askedRanges(server)], song.length);
      expect(new Set(server.log.map(({ ifRange, status }) => `${ifRange} ${status}`))).toEqual(new Set(['"1" 206']));
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'goes on after Ctrl-C, which keeps every byte that came',
    async () => {
      const to = newStore();
      const server = await stopHalf(to);
      expect(readdirSync(dirname(to)).toSorted()).toEqual(['song.flac.part', 'song.flac.part.coverage']);
      const stored = storedRanges(to);
      expect(byteCount(stored)).toBe(HALF_WAY);

      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain(`resuming: ${HALF_WAY} of ${song.length} bytes`);
      expect(out).toContain('The two agree.');
      expect(code).toBe(0);
      expectPartition([...stored, ...askedRanges(server)], song.length);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'goes on after a failure, which keeps what is there',
    async () => {
      const to = newStore();
      const server = await ContentServer.start(song, '"1"');
      server.budget = HALF_WAY;
      server.whenSpent = 'cut';
      expect((await run(server.url, '--to', to)).code).toBe(1);
      const stored = storedRanges(to);
      expect(byteCount(stored)).toBeGreaterThan(0);

      server.budget = Infinity;
      server.log = [];
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain(`resuming: ${byteCount(stored)} of ${song.length} bytes`);
      expect(code).toBe(0);
      expectPartition([...stored, ...askedRanges(server)], song.length);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'goes on as often as it is stopped, with its own server, and seeks as ever',
    async () => {
      const to = newStore();
      for (let times = 0; times < 2; times++) {
        const { child, printed, end } = start('--to', to, '--rate', '60000');
        await printed(BLOCKED);
        child.kill('SIGINT');
        expect(await end).toMatchObject({ code: 130 });
      }
      const { code, out } = await run('--to', to, '--seek', '8');
      expect(out).toContain('resuming: ');
      expect(out).toContain('seek: samples from');
      expect(out).toContain('The two agree.');
      expect(code).toBe(0);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'asks nothing if every byte is there and only the last step is missing',
    async () => {
      const to = newStore();
      storePartial(to, song, [{ start: 0, end: song.length }], { expectedLength: song.length, identity: '"1"' });
      const server = await ContentServer.start(song, '"1"');
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain(`resuming: ${song.length} of ${song.length} bytes`);
      expect(out).toContain('The two agree.');
      expect({ code, requests: server.log }).toEqual({ code: 0, requests: [] });
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'says why a damaged partial download is not taken up, and begins anew',
    async () => {
      const to = newStore();
      const server = await stopHalf(to);
      const record = readFileSync(`${to}.part.coverage`);
      record.writeUInt8(record.readUInt8(20) ^ 1, 20);
      writeFileSync(`${to}.part.coverage`, record);
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain('is not believed: its digest does not match its content.');
      expect(out).not.toContain('resuming');
      expect(code).toBe(0);
      expectPartition(askedRanges(server), song.length);
      expectOnly(to, song);
    },
    TIMEOUT,
  );
});

describe('the main job, when the content has changed since it was stopped', () => {
  const old = Buffer.alloc(600_000, 'x'); // if any of it got into the new file, or to the decoder, it would show
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
    ['still nothing that could be compared', {}, undefined, some, { knowsRanges: false, tellsLength: false }],
  ])(
    'discards what is there, says so and starts again: %s',
    async (_, version, etag, ranges, manners: Partial<ContentServer> = {}) => {
      const to = newStore();
      storePartial(to, old, ranges, version);
      const server = Object.assign(await ContentServer.start(song, etag), manners);
      const { code, out, err } = await run(server.url, '--to', to);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`resuming: ${byteCount(ranges)}`);
      expect(out).toContain(`starting again with nothing. ${server.url}: `);
      expect(out).toContain('expectedLength' in version ? 'the content has changed.' : 'cannot be told.');
      expect(out.indexOf('starting again')).toBeLessThan(out.indexOf('first samples out'));
      expect(out).toContain('The two agree.');
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'notices it, too, if the server sends a part of the new content in spite of If-Range',
    async () => {
      const to = newStore();
      storePartial(to, old, some, { identity: '"1"', expectedLength: sameLength });
      const server = await ContentServer.start(song, '"2"');
      server.heedsIfRange = false;
      const { code, out } = await run(server.url, '--to', to);
      expect(server.log[0]).toEqual({ asked: { start: 100_000, end: 132_768 }, ifRange: '"1"', status: 206 });
      expect(out).toContain(`Expected ${sameLength} bytes with ETag "1", found ${sameLength} bytes with ETag "2".`);
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
      const server = await ContentServer.start(song, '"2"');
      server.onRequest = () => (server.budget = server.log.length === 0 ? 1000 : Infinity);
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
      const server = await ContentServer.start(song, '"2"');
      const job = start(server.url, '--to', to);
      // Time enough for a decoder to find that this is no FLAC, which would end the job.
      const answering = Promise.race([job.end, delay(3000)]);
      server.onRequest = () => answering;
      const { code, err } = await job.end;
      expect({ code, err }).toEqual({ code: 0, err: '' });
    },
    TIMEOUT,
  );

  it(
    'starts again, too, if it changes during the download',
    async () => {
      const to = newStore();
      const server = await ContentServer.start(Buffer.concat([song.subarray(0, 100_000), old]), '"1"');
      let requests = 0;
      server.onRequest = () => {
        requests++;
        if (requests !== 5) return;
        server.content = song;
        server.etag = () => '"2"';
      };
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain('starting again');
      expect(out).toContain('The two agree.');
      expect(code).toBe(0);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'gives up, and keeps nothing, if it changes all the time',
    async () => {
      const to = newStore();
      const server = await ContentServer.start(song);
      server.etag = () => `"${server.log.length}"`;
      const { code, out, err } = await run(server.url, '--to', to);
      expect(out.match(/starting again/g)).toHaveLength(1);
      expect(err).toMatch(/Expected 484385 bytes with ETag "\d+", found 484385 bytes with ETag "\d+"\./);
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
      const { child, printed, end } = start(file, '--to', to, '--rate', '60000');
      await printed(BLOCKED);
      child.kill('SIGINT');
      await end;
      utimesSync(file, new Date(), new Date());
      const { code, out } = await run(file, '--to', to, ...FAST);
      expect(out).toContain('the content has changed. Expected ');
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
      const server = await ContentServer.start(song, '"1"');
      server.knowsRanges = false;
      const { code, out } = await run(server.url, '--to', to);
      expect(out).not.toContain('starting again');
      expect(out).toContain('The two agree.');
      expect({ code, requests: server.log.length }).toEqual({ code: 0, requests: 1 });
      expectOnly(to, song);
    },
    TIMEOUT,
  );
});

describe('the file of the main job', () => {
  it(
    'is complete from an earlier run: nothing is downloaded, and all is decoded and checked',
    async () => {
      const to = newStore();
      const server = await ContentServer.start(song, '"1"');
      expect((await run(server.url, '--to', to)).code).toBe(0);
      server.log = [];
      const { code, out, err } = await run(server.url, '--to', to);
      expect(out).toContain(`stored in ${to}\ncomplete from an earlier run: nothing to download`);
      expect(reported(out, 'download ended')).toBe('in an earlier run');
      expect(reported(out, 'MD5 decoded')).toBe(SONG_MD5);
      expect({ code, err, requests: server.log }).toEqual({ code: 0, err: '', requests: [] });
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'is removed first with --fresh, complete or partial',
    async () => {
      const to = newStore();
      const server = await stopHalf(to);
      for (const before of ['partial', 'complete']) {
        server.log = [];
        const { code, out } = await run(server.url, '--to', to, '--fresh');
        expect(out).toContain(`storing into ${to}\n`);
        expect(out).not.toMatch(/resuming|earlier run/);
        expect({ before, code }).toEqual({ before, code: 0 });
        expectPartition(askedRanges(server), song.length);
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
    [`https://host/${'long'.repeat(100)}.flac`, /^[long]+-[0-9a-f]{10}\.flac$/],
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
