import { describe, expect, it } from '@jest/globals';
import { lastValueFrom } from 'rxjs';
import { download } from 'tidemark/http';
import { complete, content, expectCommitted, newResource, SMALL_CHUNKS } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { filled } from '../../support/bytes.js';
import { rejectionOf } from '../../support/code-of.js';
import { EvictingDriver } from '../../support/evicting-driver.js';
import { range } from '../../support/range.js';
import { untilCovered } from '../../support/until-covered.js';

const ALL = range(0, content.length);

describe('a download, whose bytes are evicted while it runs', () => {
  it.each([
    ['by ranges', false],
    ['from a server that sends everything', true],
  ])('fetches them anew, and commits when all are there at once: %s', async (_, ignoresRange) => {
    const server = await TestServer.start(content, '"v1"');
    server.bytesPerSecond = 20_000_000;
    server.manners = { ignoresRange };
    const resource = newResource(new EvictingDriver());
    const completed = complete(resource, server.url, SMALL_CHUNKS);
    await untilCovered(resource, 600_000);
    const evicted = resource.evict(ALL);
    expect(evicted).toBeGreaterThanOrEqual(600_000);
    await completed;
    expectCommitted(resource, content);
    expect(server.sent).toBeGreaterThanOrEqual(content.length + evicted);
  });

  it('fetches what went of it in the callbacks of its last write', async () => {
    const server = await TestServer.start(content, '"v1"');
    const resource = newResource(new EvictingDriver());
    let left = 3;
    resource.writes$.subscribe(() => {
      if (resource.coveredBytes < content.length || left === 0) return;
      left -= 1;
      expect(resource.evict(range(100_000, 200_000))).toBe(100_000);
    });
    await complete(resource, server.url, SMALL_CHUNKS);
    expect(left).toBe(0);
    expectCommitted(resource, content);
  });

  it('holds all of them from when the last one is there until they are committed', async () => {
    const server = await TestServer.start(content, '"v1"');
    const evicted: number[] = [];
    const driver = Object.assign(new EvictingDriver(), {
      async checkpoint() {
        evicted.push(resource.evict(ALL));
        await Promise.resolve();
        evicted.push(resource.evict(ALL));
      },
    });
    const resource = newResource(driver);
    await complete(resource, server.url);
    expect(evicted).toEqual([0, 0]);
    expectCommitted(resource, content);
    resource.reactivate();
    expect(resource.evict(ALL)).toBe(content.length);
  });
});

describe('a live download, whose bytes are evicted while it runs', () => {
  it('goes on behind what it has brought, after a cut, too', async () => {
    const server = await TestServer.start(content);
    const resource = newResource(new EvictingDriver());
    const evicted: number[] = [];
    server.handle = async ({ response, number }) => {
      evicted.push(resource.evict(ALL));
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write(filled(1000, number));
      await untilCovered(resource, 1000);
      if (number < 2) response.destroy();
      else response.end();
    };
    await lastValueFrom(download(resource, server.url, { live: true, commit: false, retry: { delay: 1 } }));
    expect(evicted).toEqual([0, 1000, 1000]);
    expect(resource.coverage.toArray()).toEqual([range(2000, 3000)]);
    const target = new Uint8Array(1000);
    expect(resource.readAt(2000, target)).toBe(1000);
    expect(target).toEqual(filled(1000, 2));
  });

  it('commits nothing shorter where its last bytes are not there any more', async () => {
    const server = await TestServer.start(content);
    const resource = newResource(new EvictingDriver());
    server.handle = async ({ response }) => {
      response.writeHead(200, { 'content-type': 'audio/mpeg' });
      response.write(filled(1000, 1));
      await untilCovered(resource, 1000);
      resource.evict(range(600, 1000));
      response.end();
    };
    const options = { live: true, onError: 'leave' } as const;
    expect(await rejectionOf(lastValueFrom(download(resource, server.url, options)))).toMatchObject({
      code: 'INCOMPLETE',
      range: range(600, 1000),
    });
    expect(resource.coverage.toArray()).toEqual([range(0, 600)]);
    expect(resource.status.state).toBe('active');
  });
});
