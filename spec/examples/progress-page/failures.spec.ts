import { describe, expect, it } from '@jest/globals';

import { clickAt, expectDecoded, openPage, position, song, textOf, untilShown, usePage, withPage } from './page.js';

describe('the progress page, where something goes wrong', () => {
  usePage();

  it('says which answer the server gave, and goes on when asked to', async () => {
    const { page, server, requests, expected } = await openPage({ bytesPerSecond: 400_000 });
    expected.push('404', 'ERR_CONTENT_LENGTH_MISMATCH');
    server.handle = withPage(server, true, (exchange) =>
      server.serve(exchange, exchange.asked && exchange.asked.start > 0 ? { status: 404 } : { cutAfter: 150_000 }),
    );
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /404/);
    await untilShown(page, 'live', /^Download failed/);
    expect(await textOf(page, 'downloaded')).toMatch(/^[1-4]\d %$/); // nothing is lost
    server.handle = withPage(server);
    const asked = requests().length;
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await expectDecoded(page);
    expect(requests()[asked]?.asked?.start).toBeGreaterThan(100_000);
  });

  it('says that the connection is dead, and goes on when asked to', async () => {
    const { page, server, expected } = await openPage();
    expected.push('ERR_');
    server.handle = withPage(server, true, ({ response }) => response.destroy());
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'live', /^Download failed/);
    server.handle = withPage(server);
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await expectDecoded(page);
  });

  it('starts again by itself where the content has changed', async () => {
    const { page, server } = await openPage({ bytesPerSecond: 80_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'downloaded', /^[1-5]\d %$/);
    await page.getByRole('button', { name: 'Pause download' }).click();
    server.etag = '"2"';
    await page.getByRole('button', { name: 'Resume download' }).click();
    await expectDecoded(page);
  });

  it('downloads what is no FLAC, and says that it cannot be decoded', async () => {
    const { page } = await openPage({ content: Buffer.alloc(100_000, 'RIFF') });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /cannot be decoded: Not a FLAC stream: it begins with "RIFF"/);
    await untilShown(page, 'downloaded', /^100 %$/);
    await untilShown(page, 'readers', /decodernothing, it gave up/);
    await untilShown(page, 'live', /^Downloaded. It cannot be decoded/);
    expect(await page.getByRole('button', { name: 'Play', exact: true }).isDisabled()).toBe(true);
  });

  it.each([12, 20])('says that samples of %i bits cannot be decoded', async (bits) => {
    const content = Buffer.from(song);
    content.writeUInt16BE((content.readUInt16BE(20) & 0xfe0f) | ((bits - 1) << 4), 20);
    const { page } = await openPage({ content });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', new RegExp(`decoded: libflacjs cannot give out ${bits}-bit samples`));
    expect(await page.getByRole('button', { name: 'Play', exact: true }).isDisabled()).toBe(true);
  });

  it.each([true, false])('plays what could be decoded, and does not wait for the rest (%s)', async (isolated) => {
    const content = Buffer.from(song);
    content.fill(0xff, 22, 26); // 2^32 samples, says the header: too many to be kept
    const { page } = await openPage({ content, isolated });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /It cannot be decoded/);
    await page.getByRole('button', { name: 'Play', exact: true }).click();
    await untilShown(page, 'time', /^0:02/);
    await clickAt(page, 0.5);
    await untilShown(page, 'message', /It cannot be played/);
    await untilShown(page, 'live', /It cannot be played/);
    await untilShown(page, 'readers', /playernothing/);
    expect(await textOf(page, 'play')).toBe('Play');
  });

  it.each([true, false])('says that the decoder itself could not be loaded (%s)', async (isolated) => {
    const { page, server, expected } = await openPage({ isolated });
    expected.push('404');
    const { handle } = server;
    server.handle = (exchange) =>
      exchange.request.url?.endsWith('.wasm') === true ? server.serve(exchange, { status: 404 }) : handle(exchange);
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'message', /It cannot be decoded/);
    expect(await textOf(page, 'message')).toContain('libFLAC could not be loaded: the server answered 404.');
  });

  it('says what another site has to do, where it may not read from that', async () => {
    const { page, server, expected } = await openPage();
    expected.push('CORS', 'ERR_FAILED');
    await page.getByLabel('Address of a FLAC file').fill(server.url.replace('127.0.0.1', 'localhost'));
    await page.getByLabel('Address of a FLAC file').press('Enter');
    await untilShown(page, 'message', /another origin: let it send Access-Control-Allow-Origin/);
  });

  it('leads the download where somebody points, also where nothing can be decoded', async () => {
    const { page, requests } = await openPage({ content: Buffer.alloc(1_000_000, 'RIFF'), bytesPerSecond: 60_000 });
    await page.getByRole('button', { name: 'Load the sample' }).click();
    await untilShown(page, 'bytes', /of 1.0 MB/);
    await clickAt(page, 0.5);
    await untilShown(page, 'ranges', /^2$/);
    expect(requests().some(({ asked }) => asked?.start === 500_000 || asked?.start === 499_999)).toBe(true);
    expect(await position(page)).toBe(50);
  });

  it('takes no address that is none', async () => {
    const { page, requests } = await openPage();
    await page.getByLabel('Address of a FLAC file').fill('song');
    await page.getByRole('button', { name: 'Load', exact: true }).click();
    expect(
      await page.getByLabel('Address of a FLAC file').evaluate((input: HTMLInputElement) => input.validity.valid),
    ).toBe(false);
    expect(requests()).toEqual([]);
  });
});
