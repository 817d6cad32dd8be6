import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from '@jest/globals';
import { songWithIndexAtEnd } from '../media/song-with-index-at-end.js';
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
  it.each([
    ['a song', () => readFileSync('node_modules/audio-lena/lena.wav'), 'audio/wav'],
    ['an MP4 whose index is at the end', songWithIndexAtEnd, 'audio/mp4'],
  ] as const)('a media element plays %s while it fills, and from where the user seeks', async (_, song, type) => {
    await expectToPlay(browser, await song(), type);
  });

  it('the progress page downloads a song and decodes it', async () => {
    await expectDecodedSong(browser);
  });
});
