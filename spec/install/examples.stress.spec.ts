import { rmSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { compile, examples, missingLines, paste, programs, start } from './examples.js';
import { emptyProject, installWith, MANAGERS, sameAsHere } from './scratch-project.js';
import { serveSongs } from './song-server.js';

/** What the examples import, and what their types need. */
const PACKAGES = [
  ...[
    '@angular/core',
    '@ffmpeg/core',
    '@ffmpeg/types',
    '@types/emscripten',
    '@types/node',
    '@types/react',
    'audio-lena',
  ],
  ...['koffi', 'mediabunny', 'music-metadata', 'react', 'rxjs', 'strtok3'],
];
const blocks = examples();

describe.each(MANAGERS)('the code in README.md and docs, pasted into a project that %s has installed', (manager) => {
  let project = '';
  let songs: Awaited<ReturnType<typeof serveSongs>>;

  beforeAll(async () => {
    songs = await serveSongs();
    project = emptyProject();
    installWith(manager, project, ...sameAsHere(...PACKAGES));
    paste(project, blocks);
  }, 300_000);
  afterAll(() => {
    songs.close();
    rmSync(project, { recursive: true, force: true });
  });

  it('compiles', () => {
    expect(() => compile(project)).not.toThrow();
  });

  it.each(programs(blocks))('runs and prints what the page says it does: $where', async (block) => {
    const { code, lines, errors } = await start(project, block, songs.url);
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
    expect({ lines, missing: missingLines(lines, block.output ?? []) }).toEqual({ lines, missing: [] });
  });
});
