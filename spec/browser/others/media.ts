import { expect } from '@jest/globals';
import { TestServer } from '../../http/test-server.js';
import type { MediaPage } from '../media/media-page.js';
import { mediaSite, serveSite } from '../media/media-site.js';
import { type DrivenBrowser, until } from './driven.js';

/** In the page only. */
declare const page: MediaPage;

/**
 * A song of twelve seconds, by `serveMedia` and a service worker: it has to play before all of it
 * is there, and from where the user seeks to its end.
 */
export async function expectToPlay(browser: DrivenBrowser, song: Buffer, contentType: string): Promise<void> {
  const server = await TestServer.start(song, '"v1"');
  serveSite(server, await mediaSite(), false);
  // Six seconds for all of it.
  server.bytesPerSecond = song.length / 6;
  const tab = await browser.open();
  try {
    await tab.goto(server.origin);
    await tab.evaluate(async (type) => {
      const audio = new Audio(await page.expose('/song', type));
      audio.muted = true;
      document.body.append(audio);
      void audio.play();
    }, contentType);
    await until(tab, 'it plays', () => (document.querySelector('audio')?.currentTime ?? 0) > 0);
    expect(server.sent).toBeLessThan(song.length);
    await tab.evaluate(() => {
      const audio = document.querySelector('audio');
      if (audio !== null) audio.currentTime = 11;
    });
    await until(tab, 'it plays to its end', () => document.querySelector('audio')?.ended === true);
    const found = await tab.evaluate(() => {
      const audio = document.querySelector('audio');
      return { seconds: Math.floor(audio?.currentTime ?? 0), error: audio?.error?.message };
    });
    expect(found).toEqual({ seconds: 12 });
  } finally {
    await tab.close();
  }
}
