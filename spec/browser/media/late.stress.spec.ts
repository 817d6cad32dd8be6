import { describe, expect, it } from '@jest/globals';
import { call, start } from './media-pages.js';

/** What `serveMedia` and its worker say when they have waited long enough. */

const NOTHING = Buffer.alloc(0);

describe('an address of serveMedia', () => {
  it('is 504 when its page does not answer', async () => {
    const { server, context, page } = await start(NOTHING);
    const url = await call(page, 'half', 200_000);
    const other = await context.newPage();
    await other.goto(server.origin);
    const blocked = call(page, 'block', 15_000);
    expect(await call(other, 'ask', url, 'bytes=0-9')).toMatchObject({ status: 504 });
    await blocked;
  });
});

describe('serveMedia', () => {
  it.each([
    ['a script that is not there', '/', '/missing.js', /missing\.js cannot be registered/],
    ['a script that lies below the page', '/', '/below/sw.js', /no active worker/],
    ['a worker that does not know of it', '/silent/', '/silent/sw.js', /does not answer/],
  ])('says why it does not work with %s', async (_, path, worker, reason) => {
    const { server, page } = await start(NOTHING);
    await page.goto(`${server.origin}${path}`);
    expect(await call(page, 'refusalOf', worker)).toEqual({
      code: 'UNSUPPORTED',
      message: expect.stringMatching(reason) as unknown,
    });
  });
});
