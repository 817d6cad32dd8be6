import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { TestServer } from '../http/test-server.js';
import { askedRanges, HALF_WAY, stopHalf } from './half-way.js';
import { BLOCKED, newStore, run, song, start, TIMEOUT } from './main-job-command.js';
import { byteCount, expectOnly, expectOnlyMissing, storedRanges, storePartial } from './stored-files.js';

describe('the main job, stopped half-way and started again', () => {
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
      expectOnlyMissing(stored, askedRanges(server), song.length);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'goes on after a failure, which keeps what is there',
    async () => {
      const to = newStore();
      const server = await TestServer.start(song, '"1"');
      server.budget = HALF_WAY;
      server.whenSpent = 'cut';
      expect((await run(server.url, '--to', to)).code).toBe(1);
      const stored = storedRanges(to);
      expect(byteCount(stored)).toBeGreaterThan(0);

      server.budget = Infinity;
      server.exchanges = [];
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain(`resuming: ${byteCount(stored)} of ${song.length} bytes`);
      expect(code).toBe(0);
      expectOnlyMissing(stored, askedRanges(server), song.length);
      expectOnly(to, song);
    },
    TIMEOUT,
  );

  it(
    'goes on as often as it is stopped, with its own server, and seeks as ever',
    async () => {
      const to = newStore();
      for (let times = 0; times < 2; times++) {
        const { child, printed, end } = start('--to', to, '--rate', '20000');
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
      const server = await TestServer.start(song, '"1"');
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain(`resuming: ${song.length} of ${song.length} bytes`);
      expect(out).toContain('The two agree.');
      expect({ code, requests: server.exchanges }).toEqual({ code: 0, requests: [] });
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
      expectOnlyMissing([], askedRanges(server), song.length);
      expectOnly(to, song);
    },
    TIMEOUT,
  );
});
