import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { launchFirefox } from './firefox.js';
import { expectAsKnown, inFirefox, stale } from './known-failures.js';
import { expectToPlay } from './media.js';
import { expectDecodedSong, expectSharedSong } from './progress-page.js';
import { runAllSuites } from './run-all-suites.js';

const { browser, suites } = await runAllSuites(launchFirefox, inFirefox, { atOnce: 2, threads: 'page' });
afterAll(() => browser.close());

describe.each(suites)('$file, in Firefox', ({ file, tests }) => {
  it.each(tests)('$title', (test) => expectAsKnown(inFirefox, file, test));
});

it('the list of what fails in Firefox names nothing that passes', () => {
  expect(stale(inFirefox, suites)).toEqual([]);
});

describe('in Firefox', () => {
  it('a media element plays a song while it fills, and from where the user seeks', async () => {
    await expectToPlay(browser, readFileSync('node_modules/audio-lena/lena.wav'), 'audio/wav');
  }, 180_000);

  it('the progress page downloads a song and decodes it', async () => {
    await expectDecodedSong(browser, 'files');
  }, 180_000);

  it('two tabs of the progress page share a song, and the second goes on alone', async () => {
    await expectSharedSong(browser);
  }, 180_000);
});
