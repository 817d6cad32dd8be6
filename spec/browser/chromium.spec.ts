import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { launchChromium } from './chromium.js';
import { ISOLATION } from './isolation.js';

it('the browser isolates a page that asks for it, and plays what apps play', async () => {
  const server = createServer((_, response) => {
    response.setHeaders(new Headers({ ...ISOLATION, 'content-type': 'text/html' })).end('<input>');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await using browser = await launchChromium();
    const page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    const types = [
      'video/mp4; codecs="avc1.42E01E, mp4a.40.2"',
      'audio/mp4; codecs="flac"',
      'audio/webm; codecs="opus"',
    ];
    const found = await page.evaluate(
      (all) => ({
        isolated: crossOriginIsolated,
        shared: new SharedArrayBuffer(8).byteLength,
        played: all.map((type) => MediaSource.isTypeSupported(type)),
      }),
      types,
    );
    expect(found).toEqual({ isolated: true, shared: 8, played: [true, true, true] });
  } finally {
    server.close();
    server.closeAllConnections();
  }
});
