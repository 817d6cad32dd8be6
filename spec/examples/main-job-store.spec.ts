import { describe, expect, it } from '@jest/globals';
import { TestServer } from '../http/test-server.js';
import { newStore, reported, run, song, SONG_MD5, TIMEOUT } from './main-job-command.js';
import { expectOnly } from './stored-files.js';

describe('the file of the main job', () => {
  it(
    'may be complete from an earlier run: nothing is downloaded, and all is decoded and checked',
    async () => {
      const to = newStore();
      const server = await TestServer.start(song, '"1"');
      expect((await run(server.url, '--to', to)).code).toBe(0);
      server.exchanges = [];
      const { code, out, err } = await run(server.url, '--to', to);
      expect(out).toContain(`stored in ${to}\ncomplete from an earlier run: nothing to download`);
      expect(reported(out, 'download ended')).toBe('in an earlier run');
      expect(reported(out, 'MD5 decoded')).toBe(SONG_MD5);
      expect({ code, err, requests: server.exchanges }).toEqual({ code: 0, err: '', requests: [] });
      expectOnly(to, song);
    },
    TIMEOUT,
  );
});
