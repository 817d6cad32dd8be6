import { describe, expect, it } from '@jest/globals';
import { firstValueFrom, lastValueFrom } from 'rxjs';
import { Downloader } from 'tidemark/http';
import { expectCommitted, makeContent, newResource } from '../fixtures.js';
import { TestServer } from '../test-server.js';
import { range } from '../../support/range.js';

const COUNT = 1000;

describe('a thousand downloads at once', () => {
  it('take one request each, six at a time, and one that somebody waits for goes first', async () => {
    const content = makeContent(20_000);
    const server = await TestServer.start(content, '"v1"');
    const downloader = new Downloader();
    const resources = Array.from({ length: COUNT }, () => newResource());
    const ended = Promise.all(resources.map((resource) => lastValueFrom(downloader.download(resource, server.url))));
    await firstValueFrom(newest(resources).read(range(10_000, 10_010)));
    expect(server.exchanges.length).toBeLessThan(100);
    await ended;
    for (const resource of resources) expectCommitted(resource, content);
    expect(server.mostActive).toBeLessThanOrEqual(6);
    expect(server.exchanges).toHaveLength(COUNT);
  });
});

function newest<T>(list: readonly T[]): T {
  const last = list.at(-1);
  if (last === undefined) throw new Error('There is none.');
  return last;
}
