import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { launchWebKit } from './webkit.js';
import { expectAsKnown, inWebKit, stale } from './known-failures.js';
import { expectToPlay } from './media.js';
import { expectDecodedSong } from './progress-page.js';
import { runAllSuites } from './run-all-suites.js';

const { browser, suites } = await runAllSuites(launchWebKit, inWebKit, { atOnce: 1 });
afterAll(() => browser.close());

describe.each(suites)('$file, in WebKitGTK', ({ file, tests }) => {
  it.each(tests)('$title', (test) => expectAsKnown(inWebKit, file, test));
});

it('the list of what fails in WebKitGTK names nothing that passes', () => {
  expect(stale(inWebKit, suites)).toEqual([]);
});

describe('in WebKitGTK', () => {
  it('a media element plays a song while it fills, and from where the user seeks', async () => {
    await expectToPlay(browser, readFileSync('node_modules/audio-lena/lena.wav'), 'audio/wav');
  }, 180_000);

  it('the progress page downloads a song and decodes it', async () => {
    await expectDecodedSong(browser, 'tabs');
  }, 180_000);
});
