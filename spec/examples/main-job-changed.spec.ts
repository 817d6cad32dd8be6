import { describe, expect, it } from '@jest/globals';
import { TestServer } from '../http/test-server.js';
import { newStore, run, song, TIMEOUT } from './main-job-command.js';
import { expectOnly } from './stored-files.js';

describe('the main job, when the content has changed since it was stopped', () => {
  it(
    'starts again, too, if it changes during the download',
    async () => {
      const to = newStore();
      const server = await TestServer.start(
        Buffer.concat([song.subarray(0, 100_000), Buffer.alloc(600_000, 'x')]),
        '"1"',
      );
      server.manners = { longestPart: 32_768 };
      server.handle = (exchange) => {
        if (exchange.number === 4) [server.content, server.etag] = [song, '"2"'];
        return server.serve(exchange, server.manners);
      };
      const { code, out } = await run(server.url, '--to', to);
      expect(out).toContain('starting again');
      expect(out).toContain('The two agree.');
      expect(code).toBe(0);
      expectOnly(to, song);
    },
    TIMEOUT,
  );
});
