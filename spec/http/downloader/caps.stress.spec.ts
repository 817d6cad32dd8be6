import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { Downloader } from 'tidemark/http';
import { makeContent, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';

const KIB = 1024;
const MS = 10_000;
const content = makeContent(40_000_000);

describe('a limit of bytes, seen at the server over ten seconds', () => {
  it.each([50_000, 500_000, 3_000_000])(
    'lets through at most a tenth more than it allows: %i bytes a second',
    async (cap) => {
      const server = await TestServer.start(content, '"v1"');
      server.latency = 20;
      const downloader = new Downloader({ bytesPerSecond: cap });
      const resources = Array.from({ length: 5 }, () => newResource());
      const since = performance.now();
      const downloads = resources.map((resource) => downloader.download(resource, server.url).subscribe());
      // Somebody jumps about in one of them.
      const reading = setInterval(() => {
        const start = Math.floor(Math.random() * 39_000_000);
        resources[0]?.waitRange({ start, end: start + 20_000 }).subscribe({ error: () => undefined });
      }, 500);
      while (performance.now() - since < MS) {
        await delay(100);
        const seconds = Math.max(MS / 1000, (performance.now() - since) / 1000);
        expect(server.sent).toBeLessThanOrEqual(1.1 * cap * seconds + 256 * KIB * server.mostActive);
      }
      clearInterval(reading);
      expect(server.sent).toBeGreaterThan(cap * 5);
      for (const downloading of downloads) downloading.unsubscribe();
    },
  );
});
