import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { askedRanges, startHalf } from './half-way.js';
import { newStore, reported, run, song, SONG_MD5, TIMEOUT } from './main-job-command.js';
import { byteCount, expectOnly, expectOnlyMissing, storedRanges, untilResumable } from './stored-files.js';

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
      server.exchanges = [];
      const { code, out, err } = await run(server.url, '--to', to);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toContain(`storing into ${to}\n`);
      expect(out).toContain(`resuming: ${byteCount(stored)} of ${song.length} bytes are there from an earlier run`);
      expect(reported(out, 'MD5 decoded')).toBe(SONG_MD5);
      expect(reported(out, 'MD5 in header')).toBe(SONG_MD5);
      expectOnlyMissing(stored, askedRanges(server), song.length);
      expect(new Set(server.exchanges.map(({ status }) => status))).toEqual(new Set([206]));
      expectOnly(to, song);
    },
    TIMEOUT,
  );
});
